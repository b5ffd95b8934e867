using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Caching;

/// <summary>
/// Blocks in memory, least recently used out first, within one budget of bytes that also covers what is on its way from the server.
/// </summary>
/// <remarks>
/// Contract. The tier holds one reference of each block it keeps; <see cref="TryGet"/> gives the caller another. A block that falls out while a
/// reader still holds it lives until that reader releases it: the budget counts what the tier keeps and what is reserved, not leases. The budget is
/// one number for all shards, so that a shard may hold a block larger than its share. It is kept strictly: room is made before a block comes in. Why
/// not <c>MemoryCache</c> with a size limit: it drops the newest entry when it is full, and evicts on another thread later. Where memory is dear,
/// blocks that have been delivered to the kernel's page cache go before the budget is used up: filling the budget would cost more than fetching them.
/// </remarks>
public sealed class MemoryTier : IDisposable
{
    private const int ShardBits = 4;

    private readonly LruShard[] _shards = new LruShard[1 << ShardBits];
    private readonly long _budget;
    private readonly Func<bool>? _isMemoryDear;
    private long _occupied;
    private long _evictions;
    private int _turn;

    /// <param name="budget">Bytes, at least one page.</param>
    /// <param name="isMemoryDear">Whether memory that the process has already is to be preferred to more of it: see
    /// <see cref="NativeBlockPool.IsMemoryDear"/>.</param>
    public MemoryTier(long budget, Func<bool>? isMemoryDear = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 4096);
        _budget = budget;
        _isMemoryDear = isMemoryDear;
        for (int i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new LruShard();
        }
    }

    public long Budget => _budget;

    /// <summary>Bytes kept and reserved; at most <see cref="Budget"/>, except while a single reservation is larger.</summary>
    public long Occupied => Volatile.Read(ref _occupied);

    public MemoryTierStatistics Statistics
    {
        get
        {
            MemoryTierStatistics sum = new() { Evictions = Volatile.Read(ref _evictions) };
            foreach (LruShard shard in _shards)
            {
                shard.AddTo(ref sum);
            }

            return sum;
        }
    }

    /// <summary>No allocation.</summary>
    /// <param name="key">The block asked for.</param>
    /// <param name="block">A reference that the caller releases.</param>
    /// <param name="fetched">What was given to <see cref="Set"/>.</param>
    public bool TryGet(in BlockKey key, out BlockBuffer? block, out long fetched) => Shard(key).TryGet(key, out block, out fetched);

    /// <summary>The block, with a reference for the caller, without counting it as a use.</summary>
    public BlockBuffer? Peek(in BlockKey key) => Shard(key).Peek(key);

    /// <summary>Whether it is here, without using it.</summary>
    public bool Contains(in BlockKey key, out long fetched) => Shard(key).Contains(key, out fetched);

    /// <summary>
    /// Keeps a block and takes a reference of its own. Does nothing when a block fetched later is here already, or when there is no room to be had
    /// (a block larger than the budget passes by).
    /// </summary>
    /// <param name="key">Of the block.</param>
    /// <param name="block">Shared from now on: not to be written any more.</param>
    /// <param name="fetched">A time that grows with each fetch; what it counts is the caller's affair.</param>
    /// <param name="speculative">Nobody has asked for it yet; counted as waste when it leaves unused.</param>
    public bool Set(in BlockKey key, BlockBuffer block, long fetched, bool speculative)
    {
        if (!TryOccupy(block.Capacity))
        {
            return false;
        }

        int bytes = block.Capacity;
        bool kept = Shard(key).Set(key, block.Retain(), fetched, speculative, out BlockBuffer? displaced);
        Vacate(displaced);
        if (_isMemoryDear is not null && _isMemoryDear())
        {
            Recycle(bytes);
        }

        return kept;
    }

    public bool Remove(in BlockKey key) => Vacate(Shard(key).Remove(key));

    /// <summary>Removes the entry only while it is this very buffer.</summary>
    public bool Remove(in BlockKey key, BlockBuffer block) => Vacate(Shard(key).Remove(key, block));

    public void Clear()
    {
        foreach (LruShard shard in _shards)
        {
            while (Vacate(shard.Evict()))
            {
            }
        }
    }

    /// <summary>
    /// Sets bytes aside for blocks that are on their way, and makes room for them. Always succeeds: the caller keeps what it reserves well below
    /// the budget, or to a single block.
    /// </summary>
    public void Reserve(long bytes)
    {
        if (!TryOccupy(bytes))
        {
            Interlocked.Add(ref _occupied, bytes);
        }
    }

    public void Unreserve(long bytes) => Interlocked.Add(ref _occupied, -bytes);

    public void Dispose() => Clear();

    /// <summary>Throws when the tier's books do not balance. For tests, at rest.</summary>
    /// <param name="reserved">What is reserved at this time.</param>
    public void CheckInvariants(long reserved = 0)
    {
        foreach (LruShard shard in _shards)
        {
            shard.CheckInvariants();
        }

        if (Statistics.Bytes + reserved != Occupied)
        {
            throw new InvalidOperationException($"{Statistics.Bytes} bytes kept and {reserved} reserved are not {Occupied}");
        }
    }

    // The record's own hash is a sum of products, whose low bits follow the z coordinate; the multiplication spreads it, the high bits choose.
    private LruShard Shard(in BlockKey key) => _shards[(uint)key.GetHashCode() * 2654435769u >> (32 - ShardBits)];

    private bool TryOccupy(long bytes)
    {
        if (bytes > _budget)
        {
            return false;
        }

        while (true)
        {
            long occupied = Volatile.Read(ref _occupied);
            if (occupied + bytes > _budget)
            {
                if (!EvictOne())
                {
                    return false;
                }
            }
            else if (Interlocked.CompareExchange(ref _occupied, occupied + bytes, occupied) == occupied)
            {
                return true;
            }
        }
    }

    // Shards take turns: with keys spread evenly that is least recently used to within a shard's worth.
    private bool EvictOne()
    {
        int start = Interlocked.Increment(ref _turn);
        for (int i = 0; i < _shards.Length; i++)
        {
            if (Vacate(_shards[(start + i) & (_shards.Length - 1)].Evict()))
            {
                Interlocked.Increment(ref _evictions);
                return true;
            }
        }

        return false;
    }

    // For the block that came in, the next one shall find memory of blocks that the kernel has, too.
    private void Recycle(long bytes)
    {
        int start = Interlocked.Increment(ref _turn);
        for (int i = 0; i < _shards.Length && bytes > 0; i++)
        {
            if (_shards[(start + i) & (_shards.Length - 1)].EvictDelivered() is { } block)
            {
                bytes -= block.Capacity;
                Interlocked.Increment(ref _evictions);
                Vacate(block);
            }
        }
    }

    private bool Vacate(BlockBuffer? block)
    {
        if (block is null)
        {
            return false;
        }

        Interlocked.Add(ref _occupied, -block.Capacity);
        block.Release();
        return true;
    }
}
