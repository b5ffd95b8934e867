using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Transfer;

/// <summary>Sends the blocks of a local dataset, several of one image in a request, several requests at a time.</summary>
internal sealed class PushUpload(IBlockWriter writer, NativeBlockPool pool, TransferCounters counters, TransferSettings settings, Action<string> say)
{
    // Bytes of a request line that blocks may take: a default server reads 4,096, prefix and proxies included.
    private const int PathBytes = 3000;

    // The kernel stamps files with the time of its last tick, at most 10 ms ago; some file systems keep whole or even seconds only.
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_coarse = TimeSpan.FromSeconds(2);

    private readonly Patience _patience = new(settings, say);
    private long _batchBytes = settings.BatchBytes;

    /// <param name="local">The dataset.</param>
    /// <param name="addressOf">Where an image's blocks go.</param>
    /// <param name="progress">What is done already, and where it is noted.</param>
    /// <param name="began">When the upload was begun by its first run.</param>
    /// <param name="cancellationToken">Stops it; what was acknowledged is noted.</param>
    public async Task RunAsync(
        LocalDataset local, Func<LocalImage, ImageAddress> addressOf, ProgressFile progress, DateTimeOffset began,
        CancellationToken cancellationToken)
    {
        Watermarks watermarks = new(progress);
        ParallelOptions options = new() { MaxDegreeOfParallelism = settings.Connections, CancellationToken = cancellationToken };
        IEnumerable<Batch> batches = local.Images.SelectMany(
            image => Batches(image, addressOf(image), local.VoxelType, progress, watermarks, progress.Finished ?? began));
        await Parallel.ForEachAsync(batches, options, async (batch, token) =>
        {
            await SendAsync(batch, local.VoxelType, token).ConfigureAwait(false);
            watermarks.Complete(batch.Piece, batch.New);
        }).ConfigureAwait(false);
    }

    /// <summary>An image's blocks in their order, without those that an earlier run has sent and that have not changed since.</summary>
    private IEnumerable<Batch> Batches(
        LocalImage image, ImageAddress address, VoxelType type, ProgressFile progress, Watermarks watermarks, DateTimeOffset since)
    {
        ImageProgress done = progress[image.Ordinal];
        long blockBytes = (image.Level.BlockSize.Count * type.Bytes()) + 12;
        List<LocalBlock> blocks = [];
        int fresh = 0;
        int pathBytes = 0;
        foreach (LocalBlock block in LocalBlocks.In(image.Folder, image.Level))
        {
            long ordinal = block.Ordinal(image.Level.Grid);
            bool sent = ordinal < done.Done;
            if (sent && !HasChanged(block.Path, since))
            {
                counters.Skip(1);
                continue;
            }

            int path = PathLength(block, address);
            bool full = blocks.Count == settings.BatchBlocks
                || (blocks.Count + 1) * blockBytes > Volatile.Read(ref _batchBytes)
                || pathBytes + path > PathBytes;
            if (full && blocks.Count > 0)
            {
                yield return new Batch(image, address, blocks, fresh, watermarks.Begin(image.Ordinal, Math.Max(done.Done, ordinal)));
                (blocks, fresh, pathBytes) = ([], 0, 0);
            }

            blocks.Add(block);
            fresh += sent ? 0 : 1;
            pathBytes += path;
        }

        // Also without blocks: it says that the image is complete.
        yield return new Batch(image, address, blocks, fresh, watermarks.Begin(image.Ordinal, image.Level.Grid.Count));
    }

    private static bool HasChanged(string path, DateTimeOffset since)
    {
        LocalFile.Status status = LocalFile.Require(path);
        return status.Changed > since - (status.IsCoarse ? s_coarse : s_tick);
    }

    private async Task SendAsync(Batch batch, VoxelType type, CancellationToken cancellationToken)
    {
        List<BlockWrite> writes = [];
        try
        {
            foreach (LocalBlock block in batch.Blocks)
            {
                cancellationToken.ThrowIfCancellationRequested();
                writes.Add(
                    new BlockWrite(block.X, block.Y, block.Z, LocalBlocks.Read(block, batch.Image.Level, type, batch.Image.Compression, pool)));
            }

            await PostAsync(batch, writes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            writes.ForEach(write => write.Block.Release());
        }
    }

    /// <summary>What a server refuses as a batch it may take in parts: its limits are its own.</summary>
    private async Task PostAsync(Batch batch, List<BlockWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
        {
            return;
        }

        long bytes = writes.Sum(write => (long)write.Block.Length);
        try
        {
            await _patience.RunAsync(token => writer.WriteBlocksAsync(batch.Address, writes, token), cancellationToken).ConfigureAwait(false);
            counters.Complete(writes.Count, bytes - (writes.Count * (long)BlockBuffer.HeaderBytes));
        }
        catch (DataStoreException refused) when (refused.Kind == DataStoreErrorKind.Refused && writes.Count > 1)
        {
            Volatile.Write(ref _batchBytes, Math.Min(Volatile.Read(ref _batchBytes), bytes / 2));
            int half = writes.Count / 2;
            await PostAsync(batch, writes[..half], cancellationToken).ConfigureAwait(false);
            await PostAsync(batch, writes[half..], cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException fault)
        {
            BlockWrite first = writes[0];
            string path = Path.Combine(batch.Image.Folder, string.Create(CultureInfo.InvariantCulture, $"{first.X}/{first.Y}/{first.Z}"));
            string others = writes.Count > 1 ? $" and {writes.Count - 1} more" : "";
            throw new DataStoreException(fault.Kind, $"cannot send {path}{others}: {fault.Message}", fault);
        }
    }

    // x/y/z/timepoint/channel/angle/
    private static int PathLength(in LocalBlock block, ImageAddress address) =>
        string.Create(CultureInfo.InvariantCulture, $"{block.X}/{block.Y}/{block.Z}/{address.Timepoint}/{address.Channel}/{address.Angle}/").Length;

    /// <param name="Image">Whose blocks.</param>
    /// <param name="Address">Where they go.</param>
    /// <param name="Blocks">At least one, or none at the end of an image.</param>
    /// <param name="New">Of these, those that no earlier run has counted.</param>
    /// <param name="Piece">To be completed when they are there.</param>
    private sealed record Batch(LocalImage Image, ImageAddress Address, IReadOnlyList<LocalBlock> Blocks, int New, Watermarks.Piece Piece);
}
