namespace DataStoreFS.Caching.Disk;

/// <summary>
/// Makes room: keeps the cache, with all its processes, below its size, and the file system with <see cref="FreeShare"/> of itself free.
/// Used by the writer thread alone.
/// </summary>
internal sealed class DiskSweeper(DiskFolder folder, DiskAccounts accounts, DiskShards shards, long size)
{
    /// <summary>A file system below this share of free space belongs to the user's other work.</summary>
    public const double FreeShare = 0.05;

    // One sweep takes the cache this far below its size, so that the listing is paid for by many later writes.
    private const double SweptShare = 0.95;

    // Files that are looked at together: among them the order is exactly by last use. 16 Ki entries are some 2 MB of garbage, and all of a cache
    // of 8 GiB of 512 KiB blocks;
    // a larger cache is swept in groups of shards that the hash has filled alike.
    private const int GroupEntries = 16 * 1024;

    // A tombstone is what stops a write that was on its way when a block changed; no write is on its way as long as this (see
    // DiskWriter.OldestOffer).
    private static readonly long s_tombstoneTicks = TimeSpan.FromMinutes(10).Ticks;

    private static readonly TimeSpan s_longestWrite = TimeSpan.FromHours(1);

    private int _cursor = Random.Shared.Next(DiskFolder.Shards);

    public long Evicted { get; private set; }

    /// <summary>Whether so many more bytes may be written; makes room if not.</summary>
    public bool TryMakeRoom(long bytes, DateTimeOffset now)
    {
        long excess = Excess(bytes);
        if (excess <= 0)
        {
            return true;
        }

        if (!accounts.TryEnterSweep())
        {
            return false; // another process makes room; until it has, nothing is added
        }

        try
        {
            Sweep(Math.Max(excess, (long)(size * (1 - SweptShare))), now);
        }
        finally
        {
            accounts.LeaveSweep();
        }

        return Excess(bytes) <= 0;
    }

    /// <summary>Counts all shards, which corrects their accounts.</summary>
    public void CountAll(DateTimeOffset now)
    {
        List<DiskEntry> entries = [];
        for (int shard = 0; shard < DiskFolder.Shards; shard++)
        {
            shards.List((byte)shard, entries, now - s_longestWrite);
            entries.Clear();
        }
    }

    private long Excess(long bytes)
    {
        (long available, long total) = folder.Space();
        long overSize = shards.Total().Bytes + bytes - size;
        long overFree = (long)(total * FreeShare) + bytes - available;
        return Math.Max(overSize, overFree);
    }

    private void Sweep(long wanted, DateTimeOffset now)
    {
        (long bytes, long blocks) = shards.Total();
        long perShard = Math.Max(blocks / DiskFolder.Shards, 1);
        int group = (int)Math.Clamp(GroupEntries / perShard, 1, DiskFolder.Shards);
        double share = Math.Min(1, (double)wanted / Math.Max(bytes, 1));
        long freed = 0;
        List<DiskEntry> entries = [];
        for (int done = 0; done < DiskFolder.Shards && freed < wanted; done += group)
        {
            entries.Clear();
            for (int i = 0; i < group && done + i < DiskFolder.Shards; i++)
            {
                shards.List((byte)_cursor, entries, now - s_longestWrite);
                _cursor = (_cursor + 1) % DiskFolder.Shards;
            }

            // Every group gives the same share of itself, so that what goes is the oldest everywhere.
            long groupBytes = entries.Sum(entry => DiskShards.Allocated(entry.Length));
            freed += RemoveOldest(entries, Math.Min(wanted - freed, (long)Math.Ceiling(groupBytes * share)), now);
        }
    }

    private long RemoveOldest(List<DiskEntry> entries, long wanted, DateTimeOffset now)
    {
        entries.Sort((a, b) => a.Used.CompareTo(b.Used));
        List<DiskEntry> victims = [];
        long chosen = 0;
        foreach (DiskEntry entry in entries)
        {
            if (chosen >= wanted)
            {
                break;
            }

            if (entry.Length == DiskRecord.TombstoneBytes && now.UtcTicks - entry.Written < s_tombstoneTicks)
            {
                continue;
            }

            victims.Add(entry);
            chosen += DiskShards.Allocated(entry.Length);
        }

        Evicted += victims.Count;
        return victims.GroupBy(entry => entry.Shard).Sum(ofShard => shards.Remove(ofShard.Key, ofShard.Select(entry => entry.Name)));
    }
}
