using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>The emulation of the BigDataServer under <c>/bdv/{u}/{v}</c>: XML, <c>p=init</c>, and <c>p=cell/…</c>.</summary>
internal sealed class BigDataServer
{
    private const int CellNumbers = 10;
    private readonly DatasetRegistry _datasets;
    private readonly ServerCounters _counters;
    private readonly NativeBlockPool _pool;
    private readonly DataStoreServerOptions _options;
    private readonly ConcurrentDictionary<(string, int?), bool> _initialised = new();

    public BigDataServer(DatasetRegistry datasets, ServerCounters counters, NativeBlockPool pool, DataStoreServerOptions options)
    {
        _datasets = datasets;
        _counters = counters;
        _pool = pool;
        _options = options;
    }

    public Task HandleAsync(Exchange exchange)
    {
        int? version = VersionText.Parse(exchange.Path[2]);
        DatasetFolder folder = _datasets.Get(exchange.Path.Text(1)).Folder;
        int number = VersionText.Existing(folder, version);
        string? request = exchange.Path.QueryValue("p");
        if (request?.StartsWith("cell/", StringComparison.Ordinal) == true)
        {
            return CellAsync(exchange, folder, version, request);
        }

        if (request is not (null or "init"))
        {
            return exchange.EmptyAsync(400);
        }

        // The original names a character set where a content coding belongs; clients that know it expect it.
        exchange.Http.Response.Headers.ContentEncoding = "UTF-8";
        SpimDocument document = DescribeDataset.ReadDocument(folder, number);
        if (request is null)
        {
            string url = $"{exchange.Authority}/bdv/{Uri.EscapeDataString(folder.Uuid)}/{exchange.Path.Text(2)}";
            return exchange.TextAsync(200, SpimWriter.Write(document, ".", SpimLoader.BigDataServer(url)), "application/xml;charset=UTF-8");
        }

        _initialised[(folder.Uuid, version)] = true;
        return exchange.TextAsync(200, Metadata(folder, number, document), "application/json");
    }

    /// <summary>A block without a header; whatever goes wrong, the original answers 200 and nothing.</summary>
    private async Task CellAsync(Exchange exchange, DatasetFolder folder, int? version, string request)
    {
        using BlockAnswer answer = new(_pool, _options.MaxBufferedAnswer, framed: false);
        answer.Begin(1);
        try
        {
            if (!_options.Quirks.HasFlag(OriginalQuirks.CellsNeedInit) || _initialised.ContainsKey((folder.Uuid, version)))
            {
                Add(answer, folder, version, request);
                _counters.BlocksAnswered(answer.Found, answer.Missing);
            }
        }
        catch (Exception e) when (e is Refusal or IOException or InvalidDataException or FormatException or OverflowException)
        {
            await exchange.TextAsync(200, string.Empty, "application/octet-stream").ConfigureAwait(false);
            return;
        }

        await answer.SendAsync(exchange).ConfigureAwait(false);
    }

    private static void Add(BlockAnswer answer, DatasetFolder folder, int? version, string request)
    {
        // cell/{index}/{timepoint}/{setup}/{level}/{dx}/{dy}/{dz}/{mx}/{my}/{mz}
        long[] cell = [.. request.Split('/').Skip(1).Select(n => long.Parse(n, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))];
        if (cell.Length != CellNumbers)
        {
            throw new FormatException("a cell has ten numbers");
        }

        (int timepoint, int setup, int index) = (checked((int)cell[1]), checked((int)cell[2]), checked((int)cell[3]));
        int[] versions = version is int number ? [number] : [.. folder.Versions.Reverse()];
        LevelFolder?[] levels = [.. versions.Select(v => folder.Levels(v, setup, timepoint).All().FirstOrDefault(l => l.Index == index))];
        if (levels.Length > 0 && levels[0] is { } level)
        {
            Size3 size = level.Info.BlockSize;
            answer.Add(levels, new BlockAddress(cell[7] / size.X, cell[8] / size.Y, cell[9] / size.Z, timepoint, 0, 0));
            answer.DecodeNow();
        }
    }

    private static string Metadata(DatasetFolder folder, int version, SpimDocument document)
    {
        IReadOnlyList<int> timepoints = document.Timepoints.Ids;
        Dictionary<int, IReadOnlyList<LevelFolder>> levels = document.Setups.ToDictionary(
            s => s.Id, s => timepoints.Count > 0 ? folder.Levels(version, s.Id, timepoints[0]).All() : []);
        StringBuilder json = new(4096);
        json.Append("{\"uuid\":").Append(DatasetJson.Quote(folder.Uuid));

        // Not how many there are: clients make tables that are indexed by ids.
        json.Append(",\"maxNumTimepoints\":").Append(timepoints.DefaultIfEmpty(-1).Max() + 1);
        json.Append(",\"maxNumSetups\":").Append(document.Setups.Select(s => s.Id).DefaultIfEmpty(-1).Max() + 1);
        json.Append(",\"maxNumLevels\":").Append(levels.Values.Select(l => l.Count).DefaultIfEmpty().Max());
        json.Append(",\"perSetupMipmapInfo\":{").AppendJoin(',', levels.Select(s => $"\"{s.Key}\":{Mipmap(s.Value)}")).Append('}');
        json.Append(",\"dimsAndExistence\":[").AppendJoin(
            ',', timepoints.SelectMany(t => levels.SelectMany(s => s.Value.Select((l, i) => View(t, s.Key, i, l.Info.Dimensions)))));
        json.Append("],\"dataType\":").Append(
            levels.Values.FirstOrDefault(l => l.Count > 0) is { } any ? $"\"{any[0].VoxelType.Name().ToUpperInvariant()}\"" : "null");
        return json.Append('}').ToString();
    }

    private static string View(int timepoint, int setup, int level, Size3 size) =>
        $"[{{\"timepointId\":{timepoint},\"setupId\":{setup},\"level\":{level}}},"
            + $"{{\"dimensions\":[{size.X},{size.Y},{size.Z}],\"exists\":true}}]";

    private static string Mipmap(IReadOnlyList<LevelFolder> levels)
    {
        string resolutions = string.Join(',', levels.Select(l => $"[{l.Info.Factors.X}.0,{l.Info.Factors.Y}.0,{l.Info.Factors.Z}.0]"));
        string transforms = string.Join(',', levels.Select(l => Transform(l.Info.Factors)));
        string subdivisions = string.Join(',', levels.Select(l => $"[{l.Info.BlockSize.X},{l.Info.BlockSize.Y},{l.Info.BlockSize.Z}]"));
        return $"{{\"resolutions\":[{resolutions}],\"transforms\":[{transforms}],\"subdivisions\":[{subdivisions}],\"maxLevel\":{levels.Count - 1}}}";
    }

    // The centre of a coarse voxel is the centre of the voxels it stands for.
    private static string Transform(Size3 factors)
    {
        double[] rows =
        [
            factors.X, 0, 0, (factors.X - 1) / 2.0,
            0, factors.Y, 0, (factors.Y - 1) / 2.0,
            0, 0, factors.Z, (factors.Z - 1) / 2.0,
        ];
        return $"[{string.Join(',', rows.Select(JavaNumber.Format))}]";
    }
}
