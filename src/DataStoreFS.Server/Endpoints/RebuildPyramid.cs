using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>PATCH that computes the coarse levels of one view from its full resolution.</summary>
internal sealed class RebuildPyramid
{
    private readonly DatasetRegistry _datasets;
    private readonly NativeBlockPool _pool;
    private readonly DataStoreServerOptions _options;

    public RebuildPyramid(DatasetRegistry datasets, NativeBlockPool pool, DataStoreServerOptions options)
    {
        _datasets = datasets;
        _pool = pool;
        _options = options;
    }

    /// <summary><c>PATCH /datasets/{u}/{t}/{c}/{a}/{v}/rebuild</c>: answers when all is written.</summary>
    public Task HandleAsync(Exchange exchange)
    {
        RequestPath path = exchange.Path;
        (int timepoint, int channel, int angle, int version) = (
            path.Int(2, "TIME"), path.Int(3, "CHANNEL"), path.Int(4, "ANGLE"), path.Int(5, "versionParam"));
        DatasetFolder folder = _datasets.Get(path.Text(1)).Folder;
        SpimDocument document = folder.AddressDocument();
        int setup = document.SetupOf(channel, angle);
        if (setup < 0)
        {
            throw new Refusal(400, $"Channel={channel} and angle={angle} not found.");
        }

        IReadOnlyList<LevelFolder> levels;
        try
        {
            levels = folder.Levels(version, setup, timepoint).All();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new Refusal(500, "Rebuild failure. Contact administrator", null, e);
        }

        if (levels.Count == 0)
        {
            throw Refusal.NullPointer();
        }

        try
        {
            for (int i = 1; i < levels.Count; i++)
            {
                Downsampling.Rebuild(Downsampling.BestSource(levels, i), levels[i], _pool, exchange.Aborted);
            }
        }
        catch (IOException e)
        {
            throw new Refusal(500, e.Message, null, e);
        }

        return exchange.EmptyAsync(_options.Quirks.HasFlag(OriginalQuirks.RebuildAnswers501) ? 501 : 200);
    }
}
