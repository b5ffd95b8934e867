using System.Globalization;
using DataStoreFS.Blocks;
using DataStoreFS.Caching;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using DataStoreFS.Transfer;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Warming;

/// <summary>
/// Fetches a part of a dataset into a disk cache, where mounts of this node find it: same keys, same times, same files as if one of them had read it.
/// </summary>
/// <param name="request">What and where to.</param>
/// <param name="counters">How far it is, for whoever shows it.</param>
/// <param name="say">Told, in one line, what a person should know meanwhile. Any thread.</param>
/// <param name="logger">For the client and the tier.</param>
public sealed class Warmer(WarmRequest request, TransferCounters counters, Action<string> say, ILogger logger)
{
    // So many refused blocks in a row, without one written in between, are a disk that takes none: the network is not loaded for nothing.
    private const long MostLostInARow = 100;

    // Of the flushes, which follow one another.
    private long _lostInARow;

    /// <summary>
    /// Returns when every block is on disk, or is known to be nowhere. What has come is kept also when it throws, and another run goes on from there.
    /// </summary>
    /// <exception cref="DataStoreException">Usage, or what kept the rest from being fetched.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<WarmResult> RunAsync(CancellationToken cancellationToken)
    {
        if (request.MaxAge == TimeSpan.Zero)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, "a maximum age of 0 keeps nothing on disk; leave --max-age out, or give one");
        }

        using NativeBlockPool pool = new();
        DataStoreClient client = new(request.Source.Server, pool, request.Remote, logger);
        await using (client.ConfigureAwait(false))
        {
            OpenedVolume opened = await new VolumeOpener(client, logger).OpenAsync(request.Source, 0, false, cancellationToken).ConfigureAwait(false);
            WarmSelection selection = new(opened.Info, request.Filter, request.Source.ToString());
            DiskTier tier = DiskTier.Open(request.Disk, pool, logger);
            await using (tier.ConfigureAwait(false))
            {
                tier.RegisterVolume(opened.Info, request.Source.Server, opened.Info.IsUnchanging ? Timeout.InfiniteTimeSpan : request.MaxAge);
                Announce(selection, tier, opened.Info);
                BlockStore store = new(StoreOptions(), tier);
                await using (store.ConfigureAwait(false))
                {
                    store.AddVolume(opened.Info, client);
                    return await RunAsync(selection, store, tier, opened.Info.IsUnchanging, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<WarmResult> RunAsync(
        WarmSelection selection, BlockStore store, DiskTier tier, bool missingKept, CancellationToken cancellationToken)
    {
        using CancellationTokenSource giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        WarmTally tally = new(counters, giveUp);
        DiskTierStatistics before = tier.Statistics;
        WarmWindow window = new(() => FlushAsync(tier, tally), request.MemoryBytes / 2);
        counters.Expect(selection.Blocks);
        try
        {
            foreach ((BlockKey key, long bytes) in selection.Keys())
            {
                await window.EnterAsync(bytes, giveUp.Token).ConfigureAwait(false);
                _ = WarmAsync(key, bytes, store, tier, tally, window, giveUp.Token);
            }
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            // What has begun ends first, below.
        }

        // Those that are cancelled end at once, and what has come is written.
        await window.WhenEmptyAsync(CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (tally.Fatal is { } fatal)
        {
            throw new DataStoreException(fatal.Kind, fatal.Message, fatal);
        }

        DiskTierStatistics after = tier.Statistics;
        return tally.Result(missingKept, after.Refused - before.Refused, after.Evicted - before.Evicted);
    }

    private static async Task WarmAsync(
        BlockKey key, long bytes, BlockStore store, DiskTier tier, WarmTally tally, WarmWindow window, CancellationToken cancellationToken)
    {
        bool offered = false;
        try
        {
            // Read, not just looked for: a damaged file is fetched again, and what is there counts as used lately.
            TierAnswer there = await tier.ReadAsync(key, urgent: false, cancellationToken).ConfigureAwait(false);
            if (there.Known)
            {
                there.Block?.Release();
                tally.Present();
                return;
            }

            BlockBuffer? block = await store.GetAsync(key, cancellationToken).ConfigureAwait(false);
            offered = true;
            if (block is null)
            {
                tally.Missing();
                return;
            }

            long voxels = block.Length - BlockBuffer.HeaderBytes;
            block.Release();
            tally.Fetched(voxels);
        }
        catch (OperationCanceledException)
        {
            return; // the loop that began this one knows
        }
        catch (Exception fault)
        {
            // Nobody awaits this: whatever it is has to be told.
            tally.Failed(fault as DataStoreException ?? new DataStoreException(DataStoreErrorKind.Local, $"block {key}: {fault.Message}", fault));
        }
        finally
        {
            if (offered)
            {
                window.Arrived(bytes);
            }
            else
            {
                window.Leave(bytes);
            }
        }
    }

    private async Task FlushAsync(DiskTier tier, WarmTally tally)
    {
        DiskTierStatistics before = tier.Statistics;
        await tier.FlushAsync().ConfigureAwait(false);
        DiskTierStatistics after = tier.Statistics;
        _lostInARow = after.Written == before.Written ? _lostInARow + after.Refused - before.Refused : 0;
        if (_lostInARow >= MostLostInARow)
        {
            tally.GiveUp(new DataStoreException(
                DataStoreErrorKind.NoSpace,
                $"the disk cache {request.Disk.Folder} takes no more blocks; is its disk full, or may it not be written to?"));
        }
    }

    private void Announce(WarmSelection selection, DiskTier tier, VolumeInfo volume)
    {
        long room = tier.Room;
        if (selection.DiskBytes > room)
        {
            string limit = room < request.Disk.Size ? "its disk has room for" : "it may hold";
            say($"the selection takes up to {Size(selection.DiskBytes)} of {request.Disk.Folder}, but {limit} {Size(room)}: "
                + "blocks that come first will be gone at the end; narrow it with --setup, --timepoint or --level");
        }

        if (!volume.IsUnchanging && request.MaxAge != Timeout.InfiniteTimeSpan)
        {
            say(
                $"version {volume.ResolvedVersion} may still change: a mount believes these blocks for its max-age (10min if not "
                    + "given) after they were fetched");
        }
    }

    private static string Size(long bytes) => bytes < 10L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0} MiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0} GiB");

    private BlockStoreOptions StoreOptions()
    {
        TimeSpan age = request.MaxAge == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : request.MaxAge;
        return new BlockStoreOptions { CacheBytes = request.MemoryBytes, MaxAge = age, MissingMaxAge = age };
    }
}
