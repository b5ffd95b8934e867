using System.Buffers;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Transfer;

/// <summary>Fetches the blocks of a download, several of one image in a request, several requests at a time, and writes their files.</summary>
internal sealed class PullDownload(IDataStoreClient client, TransferCounters counters, TransferSettings settings, Action<string> say)
{
    private readonly Patience _patience = new(settings, say);

    /// <param name="plan">What.</param>
    /// <param name="folder">To where.</param>
    /// <param name="progress">What is done already, and where it is noted.</param>
    /// <param name="cancellationToken">Stops it; what was written is noted.</param>
    /// <returns>How far each wanted image is, and how many blocks it has.</returns>
    public async Task<Watermarks> RunAsync(PullPlan plan, PullFolder folder, ProgressFile progress, CancellationToken cancellationToken)
    {
        Watermarks watermarks = new(progress);
        ParallelOptions options = new() { MaxDegreeOfParallelism = settings.Connections, CancellationToken = cancellationToken };
        VolumeInfo volume = plan.Opened.Info;
        IEnumerable<Batch> batches = plan.Images.Where(image => image.IsWanted).SelectMany(image => Batches(image, volume, progress, watermarks));
        await Parallel.ForEachAsync(batches, options, async (batch, token) =>
        {
            Arrived arrived = new(batch.Requests.Count);
            try
            {
                await _patience.RunAsync(again => FetchAsync(batch, arrived, again), token).ConfigureAwait(false);
                Write(batch, arrived, plan.Compression, folder, token);
            }
            finally
            {
                arrived.Release();
            }

            watermarks.Complete(batch.Piece, arrived.Count);
            counters.Complete(batch.Requests.Count, arrived.Bytes);
        }).ConfigureAwait(false);
        return watermarks;
    }

    private IEnumerable<Batch> Batches(PullImage image, VolumeInfo volume, ProgressFile progress, Watermarks watermarks)
    {
        LevelInfo level = image.Level;
        int voxelBytes = volume.VoxelType.Bytes();
        bool failsWhenMissing = !volume.HasFullResolution;
        long done = progress[image.Ordinal].Done;
        long most = Math.Clamp(settings.BatchBytes / (level.BlockSize.Count * voxelBytes), 1, settings.BatchBlocks);
        long total = level.Grid.Count;
        counters.Skip(Math.Min(done, total));
        while (done < total)
        {
            List<BlockRequest> requests = [];
            for (; requests.Count < most && done < total; done++)
            {
                // As local trees are walked: by x, then y, then z.
                (long column, long z) = Math.DivRem(done, level.Grid.Z);
                (long x, long y) = Math.DivRem(column, level.Grid.Y);
                requests.Add(new BlockRequest((int)x, (int)y, (int)z, level.SizeAt((int)x, (int)y, (int)z), level.BlockSize, voxelBytes)
                {
                    FailsWhenMissing = failsWhenMissing,
                });
            }

            yield return new Batch(image, requests, watermarks.Begin(image.Ordinal, done));
        }
    }

    /// <summary>
    /// Asks only for what an earlier, failed request has not brought. When the server will not answer for several blocks, it is asked for one at a
    /// time: it may be about one of them, which is then named.
    /// </summary>
    private async Task FetchAsync(Batch batch, Arrived arrived, CancellationToken cancellationToken)
    {
        int most = batch.Requests.Count;
        for (int first = arrived.Settled; first < batch.Requests.Count; first = arrived.Settled)
        {
            try
            {
                BlockRequest[] requests = [.. batch.Requests.Skip(first).Take(most)];
                await client.ReadBlocksAsync(batch.Image.Address, requests, arrived.From(first), cancellationToken).ConfigureAwait(false);
            }
            catch (DataStoreException fault) when (fault is { IsAnswer: true, Kind: not DataStoreErrorKind.Unauthorized } && most > 1)
            {
                most = 1;
            }
            catch (DataStoreException fault)
            {
                throw new DataStoreException(fault.Kind, $"cannot fetch blocks of {batch.Image.Name}: {fault.Message}", fault);
            }
        }
    }

    private static void Write(Batch batch, Arrived arrived, N5Compression compression, PullFolder folder, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte>? packed = null;
        for (int i = 0; i < batch.Requests.Count; i++)
        {
            if (arrived[i] is not { } block)
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            BlockRequest request = batch.Requests[i];
            Size3 at = new(request.X, request.Y, request.Z);
            if (compression.Type == N5CompressionType.Raw)
            {
                folder.WriteBlock(batch.Image, at, block.GetSpan());
                continue;
            }

            packed ??= new ArrayBufferWriter<byte>(block.Length);
            packed.ResetWrittenCount();
            N5BlockCodec.Encode(request.Size, block.Payload, compression, packed);
            folder.WriteBlock(batch.Image, at, packed.WrittenSpan);
        }
    }

    private sealed record Batch(PullImage Image, IReadOnlyList<BlockRequest> Requests, Watermarks.Piece Piece);

    /// <summary>The blocks of a batch as they come.</summary>
    /// <remarks>Contract: holds the one reference of each block from its delivery to <see cref="Release"/>.</remarks>
    private sealed class Arrived(int count)
    {
        private readonly BlockBuffer?[] _blocks = new BlockBuffer?[count];

        /// <summary>How many of the batch are settled: they come in order.</summary>
        public int Settled { get; private set; }

        /// <summary>Of these, those that the server has.</summary>
        public int Count { get; private set; }

        /// <summary>Their voxels.</summary>
        public long Bytes { get; private set; }

        public BlockBuffer? this[int index] => _blocks[index];

        public IBlockSink From(int first) => new Sink(this, first);

        public void Release()
        {
            foreach (BlockBuffer? block in _blocks)
            {
                block?.Release();
            }
        }

        private sealed class Sink(Arrived arrived, int first) : IBlockSink
        {
            public void Deliver(int index, BlockBuffer? block, Size3 storedSize)
            {
                arrived._blocks[first + index] = block;
                arrived.Settled = first + index + 1;
                if (block is not null)
                {
                    arrived.Count++;
                    arrived.Bytes += block.Payload.Length;
                }
            }
        }
    }
}
