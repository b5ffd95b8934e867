using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// The start call, which resolves a version (and creates <c>new</c> ones) and redirects to the URL under which its blocks are, and the status
/// answer that is found there.
/// </summary>
internal sealed class StartDataset
{
    private readonly DatasetRegistry _datasets;
    private readonly Func<DatasetFolder, int> _createVersion;

    /// <param name="datasets">What is served.</param>
    /// <param name="createVersion">Makes an empty version after the highest and tells its number.</param>
    public StartDataset(DatasetRegistry datasets, Func<DatasetFolder, int> createVersion)
    {
        _datasets = datasets;
        _createVersion = createVersion;
    }

    /// <summary><c>GET /datasets/{u}/{rx}/{ry}/{rz}/{v}/{mode}?timeout=</c>: 307.</summary>
    public Task HandleAsync(Exchange exchange)
    {
        RequestPath path = exchange.Path;
        Size3 factors = new(path.Int(2, "RxParam"), path.Int(3, "RyParam"), path.Int(4, "RzParam"));
        string mode = path.Text(6);
        if (path.QueryValue("timeout") is { Length: > 0 } timeout
            && !long.TryParse(timeout, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            throw new Refusal(
                404, $"RESTEASY003870: Unable to extract parameter from http request: javax.ws.rs.QueryParam(\"timeout\") value is '{timeout}'");
        }

        if (mode is not ("read" or "write" or "read-write" or "no-access"))
        {
            throw new Refusal(400, $"mode ({mode}) not supported");
        }

        Dataset dataset = _datasets.Get(path.Text(1));
        if (!dataset.Record.Levels.Any(l => l.Factors == factors))
        {
            throw new Refusal(404, $"Dataset with UUID={dataset.Folder.Uuid} has not resolution [{factors.X},{factors.Y},{factors.Z}]");
        }

        string version = Resolve(dataset.Folder, path.Text(5), mode);
        exchange.Http.Response.Headers.Location =
            $"{exchange.Authority}/datasets/{Uri.EscapeDataString(dataset.Folder.Uuid)}/{factors.X}/{factors.Y}/{factors.Z}/{version}/";
        return exchange.EmptyAsync(307);
    }

    /// <summary><c>GET /datasets/{u}/{rx}/{ry}/{rz}/{v}</c>: says 200 to everything that can be parsed, without looking.</summary>
    public static Task StatusAsync(Exchange exchange)
    {
        RequestPath path = exchange.Path;
        (int x, int y, int z) = (path.Int(2, "RxParam"), path.Int(3, "RyParam"), path.Int(4, "RzParam"));
        int version = VersionText.Parse(path[5]) ?? -1;
        string json = $"{{\"uuid\":{DatasetJson.Quote(path.Text(1))},\"version\":{version},\"mode\":\"READ_WRITE\","
            + $"\"resolutionLevels\":[[{x},{y},{z}]],\"serverTimeout\":null}}";
        return exchange.TextAsync(200, json, "application/json");
    }

    private string Resolve(DatasetFolder folder, string version, string mode)
    {
        switch (version)
        {
            case "latest":
                return folder.Highest.ToString(CultureInfo.InvariantCulture);
            case SpimVersions.MixedLatest:
                return mode == "write" ? throw Invalid(mode, version) : version;
            case "new":
                return mode == "read" ? throw Invalid(mode, version) : _createVersion(folder).ToString(CultureInfo.InvariantCulture);
            default:
                int number = int.TryParse(version, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                    ? value
                    : throw new Refusal(400, $"version ({version}) is not valid.");
                return folder.HasVersion(number)
                    ? number.ToString(CultureInfo.InvariantCulture)
                    : throw new Refusal(404, $"version {number} not found");
        }
    }

    private static Refusal Invalid(string mode, string version) => new(400, $"{mode.ToUpperInvariant()} mode is not valid for version {version}");
}
