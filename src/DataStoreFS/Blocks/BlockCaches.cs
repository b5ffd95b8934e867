using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Blocks;

/// <summary>
/// The tiers as one: memory, what is known to be missing, and the slower tier if there is one. Knows how long an entry is good; times are those of
/// <see cref="TimeProvider.GetTimestamp"/>, so that a clock that is set does not matter, converted where the slower tier keeps dates.
/// </summary>
internal sealed class BlockCaches(MemoryTier memory, KnownMissing missing, IBlockTier? tier, TimeProvider time)
{
    // Longer than it counts as an answer: that it was missing is worth knowing when it appears.
    private static readonly TimeSpan s_missingMemory = TimeSpan.FromHours(1);

    private readonly long _born = time.GetTimestamp();

    public bool HasTier => tier is not null;

    /// <summary>The hot path: no allocation.</summary>
    public BlockPresence TryGet(Volume volume, in BlockKey key, out BlockBuffer? block)
    {
        if (memory.TryGet(key, out block, out long fetched))
        {
            if (volume.IsFresh(key, fetched))
            {
                return BlockPresence.Present;
            }

            block!.Release();
            block = null;
            return BlockPresence.Unknown;
        }

        return missing.TryGet(key, out fetched) && volume.IsMissingFresh(key, fetched) ? BlockPresence.Missing : BlockPresence.Unknown;
    }

    /// <summary>Whether an answer is here, without counting as a use of it.</summary>
    public bool Has(Volume volume, in BlockKey key) =>
        memory.Contains(key, out long fetched)
            ? volume.IsFresh(key, fetched)
            : missing.TryGet(key, out fetched) && volume.IsMissingFresh(key, fetched);

    /// <summary>How much longer it counts as an answer that the server has no such block.</summary>
    public TimeSpan MissingFor(Volume volume, in BlockKey key) =>
        missing.TryGet(key, out long fetched) ? volume.MissingFor(key, fetched) : TimeSpan.Zero;

    /// <summary>What memory still has of a block, however old; for the time when the server is gone. The caller releases it.</summary>
    public BlockBuffer? Stale(in BlockKey key) => memory.TryGet(key, out BlockBuffer? block, out _) ? block : null;

    /// <summary>Asks the slower tier. Its faults are misses.</summary>
    public async ValueTask<TierAnswer> ReadTierAsync(BlockFetch fetch, CancellationToken cancellationToken)
    {
        TierAnswer answer = await tier!.ReadAsync(fetch.Key, fetch.Demanded, cancellationToken).ConfigureAwait(false);
        long fetched = Timestamp(answer.Fetched);
        bool good = answer.Known
            && (answer.Block is null ? fetch.Volume.IsMissingFresh(fetch.Key, fetched) : fetch.Volume.IsFresh(fetch.Key, fetched));
        if (good)
        {
            if (answer.Block is { } block)
            {
                block.FetchedAt = Environment.TickCount64 - (long)time.GetElapsedTime(fetched).TotalMilliseconds;
            }

            return answer;
        }

        answer.Block?.Release();
        return default;
    }

    /// <summary>Keeps what has come from the slower tier.</summary>
    public void KeepFromTier(BlockFetch fetch, TierAnswer answer) => KeepInMemory(fetch, answer.Block, Timestamp(answer.Fetched));

    /// <summary>Keeps what the server has sent.</summary>
    /// <returns>True when a program may have seen something else of this block before.</returns>
    public bool KeepFromServer(BlockFetch fetch, BlockBuffer? block)
    {
        bool changed = fetch.Volume.MayChange(fetch.Key) && IsNew(fetch, block);
        KeepInMemory(fetch, block, fetch.Started);
        tier?.Keep(fetch.Key, block, Date(fetch.Started));
        return changed;
    }

    /// <summary>The mount's own write, which the server has taken.</summary>
    public void Publish(in BlockKey key, BlockBuffer block)
    {
        // What is here may carry a later time, if the slower tier's date was of a clock that has been set back: it would refuse this one.
        memory.Remove(key);
        memory.Set(key, block, time.GetTimestamp(), speculative: false);
        missing.Remove(key);
        tier?.Drop(key);
        tier?.Keep(key, block, time.GetUtcNow());
    }

    /// <summary>A block of the dataset has changed that is none of this store's volumes': what the slower tier has of it is old.</summary>
    public void DropDataset(string uuid) => tier?.DropDataset(uuid);

    /// <summary>Takes back what an overtaken fetch has put in.</summary>
    public void Undo(in BlockKey key, BlockBuffer? block)
    {
        if (block is not null)
        {
            memory.Remove(key, block);
        }

        missing.Remove(key);
        tier?.Drop(key);
    }

    public void Drop(in BlockKey key)
    {
        memory.Remove(key);
        missing.Remove(key);
        tier?.Drop(key);
    }

    /// <summary>Nothing that was fetched before now is good any more, in the slower tier neither.</summary>
    public void Clear(IReadOnlyList<Volume?> volumes)
    {
        for (int i = 0; i < volumes.Count && tier is not null; i++)
        {
            if (volumes[i] is not null)
            {
                tier.DropVolume(i);
            }
        }

        memory.Clear();
        missing.Clear();
    }

    private void KeepInMemory(BlockFetch fetch, BlockBuffer? block, long fetched)
    {
        if (block is null)
        {
            missing.Add(fetch.Key, fetched, fetch.Volume.MayChange(fetch.Key) ? s_missingMemory : TimeSpan.MaxValue);
            memory.Remove(fetch.Key);
        }
        else
        {
            memory.Set(fetch.Key, block, fetched, speculative: !fetch.Demanded);
            missing.Remove(fetch.Key);
        }
    }

    // Without the old block at hand it has to be assumed, once the mount is old enough for the kernel to have pages that have outlived their time.
    private bool IsNew(BlockFetch fetch, BlockBuffer? block)
    {
        BlockKey key = fetch.Key;
        if (Stale(key) is { } old)
        {
            bool same = block is not null && old.GetSpan().SequenceEqual(block.GetSpan());
            old.Release();
            return !same;
        }

        return missing.TryGet(key, out _) ? block is not null : !fetch.Volume.IsFresh(key, _born);
    }

    // A date in the future is of a clock that has been set back since: nothing is known later than now.
    private long Timestamp(DateTimeOffset date) =>
        time.GetTimestamp() - (long)(Math.Max(0, (time.GetUtcNow() - date).TotalSeconds) * time.TimestampFrequency);

    private DateTimeOffset Date(long timestamp) => time.GetUtcNow() - time.GetElapsedTime(timestamp);
}
