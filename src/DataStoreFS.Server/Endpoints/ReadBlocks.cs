using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;
using DataStoreFS.Server.Testing;

namespace DataStoreFS.Server.Endpoints;

/// <summary>GET of blocks, and of the voxel type beside them.</summary>
internal sealed class ReadBlocks
{
    private const int FirstBlock = 6;
    private const int LastOfFirstBlock = 11;
    private readonly DatasetRegistry _datasets;
    private readonly ServerCounters _counters;
    private readonly NativeBlockPool _pool;
    private readonly DataStoreServerOptions _options;
    private readonly OriginalCost? _cost;

    public ReadBlocks(DatasetRegistry datasets, ServerCounters counters, NativeBlockPool pool, DataStoreServerOptions options, OriginalCost? cost)
    {
        _datasets = datasets;
        _counters = counters;
        _pool = pool;
        _options = options;
        _cost = cost;
    }

    /// <summary><c>/datasets/{u}/{rx}/{ry}/{rz}/{v}/{x}/{y}/{z}/{t}/{c}/{a}[/…]</c></summary>
    public async Task HandleAsync(Exchange exchange)
    {
        List<BlockAddress> blocks = Addresses(exchange.Path);
        BlockTarget target = BlockTarget.Parse(exchange.Path, _datasets, _options.Quirks);
        if (_cost is not null)
        {
            await _cost.PayAsync(target.Folder.Uuid, blocks, exchange.Aborted).ConfigureAwait(false);
        }

        using BlockAnswer answer = new(_pool, _options.MaxBufferedAnswer);
        answer.Begin(blocks.Count);
        foreach (BlockAddress block in blocks)
        {
            // Of a missing block the original asks the voxel type, which it looks for at full resolution.
            if (!answer.Add(target.LevelsOf(block), block) && target.FullResolution(block.Timepoint, block.Channel, block.Angle) is null)
            {
                throw Refusal.NullPointer();
            }
        }

        _counters.BlocksAnswered(answer.Found, answer.Missing);
        await answer.SendAsync(exchange).ConfigureAwait(false);
    }

    /// <summary><c>/datasets/{u}/{rx}/{ry}/{rz}/{v}/datatype/{t}/{c}/{a}</c></summary>
    public Task VoxelTypeAsync(Exchange exchange)
    {
        RequestPath path = exchange.Path;
        (int timepoint, int channel, int angle) = (path.Int(7, "TIME"), path.Int(8, "CHANNEL"), path.Int(9, "ANGLE"));
        BlockTarget target = BlockTarget.Parse(path, _datasets, _options.Quirks);
        LevelFolder level = target.FullResolution(timepoint, channel, angle) ?? throw Refusal.ErrorPage();
        return exchange.TextAsync(200, Model.VoxelTypes.Name(level.VoxelType));
    }

    /// <summary>All blocks of a block URL: the first from path parameters, which may be negative, the others by the original's search.</summary>
    public static List<BlockAddress> Addresses(RequestPath path)
    {
        List<BlockAddress> blocks = new(1)
        {
            new BlockAddress(
                path.Long(FirstBlock, "x"), path.Long(7, "y"), path.Long(8, "z"), path.Int(9, "TIME"), path.Int(10, "CHANNEL"),
                path.Int(LastOfFirstBlock, "ANGLE")),
        };
        BlockAddress.Scan(path.After(LastOfFirstBlock), blocks);
        return blocks;
    }
}
