using DataStoreFS.Caching.Disk;
using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Trees;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.N5;
using DataStoreFS.Transfer;
using DataStoreFS.Warming;

namespace DataStoreFS.Cli.Warming;

/// <summary>
/// Fills the disk cache of a running mount by reading through it, so that the mount stays the only one that writes its cache with its own token.
/// </summary>
/// <param name="status">Asks the mount.</param>
/// <param name="counters">How far it is.</param>
/// <param name="say">Told what a person should know meanwhile.</param>
internal sealed class MountWarmer(Func<CancellationToken, Task<MountStatus>> status, TransferCounters counters, Action<string> say)
{
    // As many as let the mount fill its requests; each waits most of the time.
    private const int Threads = 16;

    // What the mount's disk cache may have left to write when more is read: a third of the queue in which it keeps blocks (DiskWriter.QueueBytes),
    // since as much again is on its way to the readers, and more ahead of them.
    private const long MostWaitingBytes = 8L << 20;

    // Some blocks that cannot be read are worth going on with; that many are a server that is gone.
    private const long MostFaults = 100;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private long _missing;

    /// <summary>Reads all blocks of the images, and returns when the mount's disk cache has written what came.</summary>
    /// <exception cref="DataStoreException">The mount has no disk cache, or has gone.</exception>
    public async Task<WarmResult> RunAsync(string path, Func<IReadOnlyList<TreeImage>> images, CancellationToken cancellationToken)
    {
        MountStatus before = await status(cancellationToken).ConfigureAwait(false);
        DiskTierStatistics disk = DiskOf(before);
        IReadOnlyList<TreeImage> chosen = images();
        Announce(path, chosen, disk.Size);
        counters.Expect(chosen.Sum(image => image.Blocks));
        WrittenPace pace = new(async token => DiskOf(await status(token).ConfigureAwait(false)), token => Task.Delay(s_pause, token));
        using TreeReaders readers = new(Threads, Count, cancellationToken);
        try
        {
            await ReadAsync(chosen, readers, pace, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await readers.CompleteAsync().ConfigureAwait(false);
        }

        await pace.WaitAsync(0, cancellationToken).ConfigureAwait(false);
        return Result(before, await status(cancellationToken).ConfigureAwait(false), readers);
    }

    private static async Task ReadAsync(IReadOnlyList<TreeImage> images, TreeReaders readers, WrittenPace pace, CancellationToken cancellationToken)
    {
        foreach (TreeImage image in images)
        {
            long most = Math.Max(MostWaitingBytes / image.BlockBytes, 1);
            long read = 0;
            foreach (string file in image.Files())
            {
                if (readers.Failed >= MostFaults)
                {
                    throw new DataStoreException(
                        DataStoreErrorKind.Local, $"{readers.FirstFault}; 'datastorefs status' says what is wrong with the mount");
                }

                if (read++ % most == 0)
                {
                    await pace.WaitAsync(most, cancellationToken).ConfigureAwait(false);
                }

                await readers.AddAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Count(long bytes)
    {
        if (bytes < 0)
        {
            Interlocked.Increment(ref _missing);
        }

        counters.Complete(1, Math.Max(bytes - BlockBuffer.HeaderBytes, 0));
    }

    // Other programs may read through the mount meanwhile; its counters do not tell whose blocks they were.
    private WarmResult Result(MountStatus before, MountStatus after, TreeReaders readers)
    {
        long read = counters.Done - _missing - readers.Failed;
        long fetched = Math.Clamp(after.ServerBlocks - before.ServerBlocks - _missing, 0, read);
        DataStoreException? fault = readers.FirstFault is string text ? new DataStoreException(DataStoreErrorKind.Local, text) : null;
        long bytes = read == 0 ? 0 : (long)(counters.Bytes * ((double)fetched / read));
        DiskTierStatistics old = DiskOf(before);
        DiskTierStatistics now = DiskOf(after);
        return new WarmResult(
            fetched, bytes, read - fetched, _missing, null, now.Refused - old.Refused, readers.Failed, fault, now.Evicted - old.Evicted);
    }

    private void Announce(string path, IReadOnlyList<TreeImage> images, long size)
    {
        long bytes = (long)Math.Min(images.Sum(image => (decimal)image.Blocks * DiskTier.BytesOf(image.BlockBytes)), long.MaxValue);
        if (bytes > size)
        {
            say(
                $"{path} takes up to {Quantities.FormatSize(bytes)}, but the mount's disk cache may hold {Quantities.FormatSize(size)}: "
                    + "blocks that come first will be gone at "
                + "the end; narrow it with --setup, --timepoint or --level");
        }
    }

    private static DiskTierStatistics DiskOf(MountStatus status) => status.Disk
        ?? throw new DataStoreException(
            DataStoreErrorKind.Refused, $"the mount at {status.MountPoint} has no disk cache to fill; mount it with --disk-cache DIR,SIZE");
}
