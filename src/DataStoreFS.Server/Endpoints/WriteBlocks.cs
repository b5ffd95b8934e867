using System.Buffers.Binary;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;
using DataStoreFS.Server.Testing;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// POST of blocks. The body is taken block by block as it arrives; each block is stored as soon as it is complete, so a request that fails in the
/// middle leaves its first blocks stored, as the original's does. Packing and writing a block overlap with the arrival of the next.
/// </summary>
internal sealed class WriteBlocks
{
    private readonly DatasetRegistry _datasets;
    private readonly ServerCounters _counters;
    private readonly NativeBlockPool _pool;
    private readonly DataStoreServerOptions _options;
    private readonly OriginalCost? _cost;

    public WriteBlocks(DatasetRegistry datasets, ServerCounters counters, NativeBlockPool pool, DataStoreServerOptions options, OriginalCost? cost)
    {
        _datasets = datasets;
        _counters = counters;
        _pool = pool;
        _options = options;
        _cost = cost;
    }

    /// <summary><c>POST /datasets/{u}/{rx}/{ry}/{rz}/{v}/{x}/{y}/{z}/{t}/{c}/{a}[/…]</c></summary>
    public async Task HandleAsync(Exchange exchange)
    {
        if (RequestBody.MediaType(exchange) is not ("" or "application/octet-stream"))
        {
            await Routes.NoResource.Handler(exchange).ConfigureAwait(false);
            return;
        }

        RequestBody body = new(exchange, _options.MaxRequestBody);
        List<BlockAddress> blocks = ReadBlocks.Addresses(exchange.Path);
        BlockTarget target = BlockTarget.Parse(exchange.Path, _datasets, _options.Quirks);
        if (target.Version is null)
        {
            throw new Refusal(406, "Cannot write in mode: READ");
        }

        if (_cost is not null)
        {
            await _cost.PayAsync(target.Folder.Uuid, blocks, exchange.Aborted).ConfigureAwait(false);
        }

        Storing storing = new(_options.SyncWrites, _counters);
        try
        {
            foreach (BlockAddress block in blocks)
            {
                LevelFolder level = Level(target, block);
                BlockBuffer voxels = await ReceiveAsync(body, level).ConfigureAwait(false);
                await storing.StartAsync(level, block, voxels).ConfigureAwait(false);
            }
        }
        finally
        {
            await storing.FinishAsync().ConfigureAwait(false);
        }

        await exchange.EmptyAsync(200).ConfigureAwait(false);
    }

    private static LevelFolder Level(BlockTarget target, in BlockAddress block)
    {
        if (block is { X: < 0 } or { Y: < 0 } or { Z: < 0 })
        {
            throw new Refusal(400, $"A block at {block.X}/{block.Y}/{block.Z} cannot be");
        }

        try
        {
            return target.LevelsOf(block)[0]!;
        }
        catch (Refusal refusal) when (refusal.Status == 500)
        {
            // The original catches its null pointer exception when it reads, not when it writes.
            throw Refusal.ErrorPage(refusal);
        }
    }

    /// <summary>Takes one frame from the body. The caller holds the buffer's one reference.</summary>
    private async Task<BlockBuffer> ReceiveAsync(RequestBody body, LevelFolder level)
    {
        byte[] header = new byte[BlockAnswer.FrameHeader];
        if (await body.ReadAsync(header).ConfigureAwait(false) < header.Length)
        {
            throw new Refusal(500, string.Empty, "text/plain;charset=utf-8");
        }

        Size3 size = SizeOf(header, level.Info.BlockSize);
        BlockBuffer block = _pool.Rent(BlockBuffer.HeaderBytes + (int)(size.Count * level.VoxelType.Bytes()));
        try
        {
            N5Header.Write(block.GetSpan(), size);
            Memory<byte> voxels = block.Memory[BlockBuffer.HeaderBytes..];
            int received = await body.ReadAsync(voxels).ConfigureAwait(false);
            if (received < voxels.Length && !_options.Quirks.HasFlag(OriginalQuirks.ZeroFilledBlocks))
            {
                throw new Refusal(400, $"The body ends {voxels.Length - received} bytes before the end of a block of {voxels.Length} bytes");
            }

            voxels.Span[received..].Clear();
            return block;
        }
        catch
        {
            block.Release();
            throw;
        }
    }

    /// <summary>The frame's size, before any memory is taken for it.</summary>
    private static Size3 SizeOf(ReadOnlySpan<byte> header, Size3 limit)
    {
        Size3 size = new(
            BinaryPrimitives.ReadInt32BigEndian(header),
            BinaryPrimitives.ReadInt32BigEndian(header[4..]),
            BinaryPrimitives.ReadInt32BigEndian(header[8..]));
        if (size.X >= 0 && size.X <= limit.X && size.Y >= 0 && size.Y <= limit.Y && size.Z >= 0 && size.Z <= limit.Z)
        {
            return size;
        }

        // The original allocates before it checks: a negative product fails in Java's own way.
        throw (Int128)size.X * size.Y * size.Z < 0
            ? Refusal.ErrorPage()
            : new Refusal(400, $"Block dimension should be [0-{limit.X},0-{limit.Y},0-{limit.Z}] but is [{size.X},{size.Y},{size.Z}]");
    }

    /// <summary>Packs and writes blocks beside the request's own task, as many at once as there are processors.</summary>
    /// <remarks>Contract: used by one request; owns every buffer given to it and releases it when its block is stored or has failed.</remarks>
    private sealed class Storing(bool sync, ServerCounters counters)
    {
        private readonly Task[] _running = CreateSlots();
        private readonly HashSet<BlockAddress> _seen = [];
        private int _next;

        public async Task StartAsync(LevelFolder level, BlockAddress at, BlockBuffer voxels)
        {
            try
            {
                // The same block twice in one request: the later one must win.
                await (_seen.Add(at) ? _running[_next] : Task.WhenAll(_running)).ConfigureAwait(false);
            }
            catch
            {
                voxels.Release();
                throw;
            }

            _running[_next] = Task.Run(() => Store(level, at, voxels));
            _next = (_next + 1) % _running.Length;
        }

        public Task FinishAsync() => Task.WhenAll(_running);

        private static Task[] CreateSlots()
        {
            Task[] slots = new Task[Environment.ProcessorCount];
            Array.Fill(slots, Task.CompletedTask);
            return slots;
        }

        private void Store(LevelFolder level, in BlockAddress at, BlockBuffer voxels)
        {
            try
            {
                level.WriteBlock(at, voxels, sync);
                counters.BlockWritten();
            }
            finally
            {
                voxels.Release();
            }
        }
    }
}
