using System.Globalization;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>Removes datasets and versions; the protocol has GET twins of both, which delete just the same.</summary>
internal sealed class DeleteDataset
{
    private readonly DatasetRegistry _datasets;
    private readonly VersionFolders _versions;

    public DeleteDataset(DatasetRegistry datasets, VersionFolders versions)
    {
        _datasets = datasets;
        _versions = versions;
    }

    /// <summary><c>DELETE /datasets/{u}</c>, <c>GET /datasets/{u}/delete</c>: any failure is a 500 with its text, also an unknown dataset.</summary>
    public Task AllAsync(Exchange exchange)
    {
        string uuid = exchange.Path.Text(1);
        Dataset dataset = _datasets.Find(uuid) ?? throw new Refusal(500, Refusal.UnknownDataset(uuid).Message);
        _datasets.Unregister(uuid);
        try
        {
            // First out of sight in one step, then away.
            string doomed = Path.Combine(_datasets.Root, $".{uuid}.{Guid.NewGuid():N}.part");
            Directory.Move(dataset.Folder.Path, doomed);
            Directory.Delete(doomed, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Refusal(500, e.Message, null, e);
        }

        return exchange.EmptyAsync(200);
    }

    /// <summary><c>DELETE /datasets/{u}/{v}[/{v2}…]</c>, <c>GET /datasets/{u}/{v}[/{v2}…]/delete</c>: in order, not all or nothing.</summary>
    public Task VersionsAsync(Exchange exchange)
    {
        RequestPath path = exchange.Path;
        string uuid = path.Text(1);
        string[] named = path.From(2).ToString().Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (exchange.Method != "DELETE")
        {
            named = named[..^1];
        }

        int[] versions = [.. named.Select(v => int.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new Refusal(400, $"{Uri.UnescapeDataString(v)} is not correct version"))];
        foreach (int version in versions)
        {
            DatasetFolder folder = _datasets.Folder(uuid) ?? throw new Refusal(404, $"Dataset with uuid={uuid} does not have version {version}");
            _versions.Delete(folder, version);
        }

        return exchange.EmptyAsync(200);
    }
}
