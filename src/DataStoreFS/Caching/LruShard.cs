using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Caching;

/// <summary>
/// One part of the memory tier: a table and a list in order of use, linked by array indexes so that an entry is 60 bytes without an object of its
/// own. Nothing is called under its lock; buffers that fall out are returned for the caller to release.
/// </summary>
internal sealed class LruShard
{
    private const int None = -1;
    private const int MostLooks = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<BlockKey, int> _index = [];
    private Entry[] _entries = new Entry[16];
    private int _newest = None;
    private int _oldest = None;
    private int _free = None;
    private int _used;
    private long _bytes;
    private long _hits;
    private long _misses;
    private long _speculationHits;
    private long _speculationWaste;

    /// <summary>The block, with a reference for the caller, as the most recently used one.</summary>
    public bool TryGet(in BlockKey key, out BlockBuffer? block, out long fetched)
    {
        lock (_gate)
        {
            if (!_index.TryGetValue(key, out int i))
            {
                _misses++;
                block = null;
                fetched = 0;
                return false;
            }

            ref Entry entry = ref _entries[i];
            _hits++;
            if (entry.Speculative)
            {
                entry.Speculative = false;
                _speculationHits++;
            }

            Unlink(i);
            LinkNewest(i);
            block = entry.Block!.Retain();
            fetched = entry.Fetched;
            return true;
        }
    }

    /// <summary>The block, with a reference for the caller, without counting it as a use.</summary>
    public BlockBuffer? Peek(in BlockKey key)
    {
        lock (_gate)
        {
            return _index.TryGetValue(key, out int i) ? _entries[i].Block!.Retain() : null;
        }
    }

    /// <summary>Whether the block is here, without counting it as a use.</summary>
    public bool Contains(in BlockKey key, out long fetched)
    {
        lock (_gate)
        {
            bool found = _index.TryGetValue(key, out int i);
            fetched = found ? _entries[i].Fetched : 0;
            return found;
        }
    }

    /// <summary>Takes the reference of <paramref name="block"/>, unless what is here was fetched later.</summary>
    /// <param name="key">Of the block.</param>
    /// <param name="block">Of which the caller has made sure that there is room for.</param>
    /// <param name="fetched">When.</param>
    /// <param name="speculative">Nobody has asked for it yet.</param>
    /// <param name="displaced">What it replaced, or the block itself when it was refused; to be released.</param>
    /// <returns>Whether it was kept.</returns>
    public bool Set(in BlockKey key, BlockBuffer block, long fetched, bool speculative, out BlockBuffer? displaced)
    {
        lock (_gate)
        {
            if (_index.TryGetValue(key, out int i))
            {
                if (_entries[i].Fetched > fetched)
                {
                    displaced = block;
                    return false;
                }

                displaced = _entries[i].Block;
                _bytes -= displaced!.Capacity;
                Unlink(i);
            }
            else
            {
                displaced = null;
                i = Allocate();
                _index.Add(key, i);
            }

            ref Entry entry = ref _entries[i];
            entry.Key = key;
            entry.Block = block;
            entry.Fetched = fetched;
            entry.Speculative = speculative;
            _bytes += block.Capacity;
            LinkNewest(i);
            return true;
        }
    }

    public BlockBuffer? Remove(in BlockKey key)
    {
        lock (_gate)
        {
            return _index.TryGetValue(key, out int i) ? Drop(i) : null;
        }
    }

    /// <summary>Removes the entry only while it is this buffer.</summary>
    public BlockBuffer? Remove(in BlockKey key, BlockBuffer block)
    {
        lock (_gate)
        {
            return _index.TryGetValue(key, out int i) && ReferenceEquals(_entries[i].Block, block) ? Drop(i) : null;
        }
    }

    public BlockBuffer? Evict()
    {
        lock (_gate)
        {
            if (_oldest == None)
            {
                return null;
            }

            _speculationWaste += _entries[_oldest].Speculative ? 1 : 0;
            return Drop(_oldest);
        }
    }

    /// <summary>
    /// The least recently used of the blocks that have been delivered, among the oldest few: behind them are those that are still to be read.
    /// </summary>
    public BlockBuffer? EvictDelivered()
    {
        lock (_gate)
        {
            int looks = MostLooks;
            for (int i = _oldest; i != None && looks > 0; i = _entries[i].Newer, looks--)
            {
                if (_entries[i].Block!.IsDelivered)
                {
                    return Drop(i);
                }
            }

            return null;
        }
    }

    public void AddTo(ref MemoryTierStatistics sum)
    {
        lock (_gate)
        {
            sum = sum with
            {
                Hits = sum.Hits + _hits,
                Misses = sum.Misses + _misses,
                SpeculationHits = sum.SpeculationHits + _speculationHits,
                SpeculationWaste = sum.SpeculationWaste + _speculationWaste,
                Blocks = sum.Blocks + _index.Count,
                Bytes = sum.Bytes + _bytes,
            };
        }
    }

    /// <summary>Throws when table, list and counters disagree. For tests.</summary>
    public void CheckInvariants()
    {
        lock (_gate)
        {
            int count = 0;
            long bytes = 0;
            int previous = None;
            for (int i = _newest; i != None; i = _entries[i].Older)
            {
                ref Entry entry = ref _entries[i];
                Require(entry.Newer == previous, "a link back does not match");
                Require(_index.TryGetValue(entry.Key, out int found) && found == i, "an entry is not in the table");
                Require(++count <= _index.Count, "the list is longer than the table");
                bytes += entry.Block!.Capacity;
                previous = i;
            }

            Require(previous == _oldest, "the list does not end at the oldest");
            Require(count == _index.Count, "the list is shorter than the table");
            Require(bytes == _bytes, "bytes are not the sum of the entries");
        }
    }

    private static void Require(bool condition, string broken)
    {
        if (!condition)
        {
            throw new InvalidOperationException(broken);
        }
    }

    private BlockBuffer Drop(int i)
    {
        ref Entry entry = ref _entries[i];
        BlockBuffer block = entry.Block!;
        _index.Remove(entry.Key);
        Unlink(i);
        entry.Block = null;
        entry.Older = _free;
        _free = i;
        _bytes -= block.Capacity;
        return block;
    }

    private int Allocate()
    {
        if (_free != None)
        {
            int reused = _free;
            _free = _entries[reused].Older;
            return reused;
        }

        if (_used == _entries.Length)
        {
            Array.Resize(ref _entries, _entries.Length * 2);
        }

        return _used++;
    }

    private void LinkNewest(int i)
    {
        _entries[i].Newer = None;
        _entries[i].Older = _newest;
        if (_newest != None)
        {
            _entries[_newest].Newer = i;
        }
        else
        {
            _oldest = i;
        }

        _newest = i;
    }

    private void Unlink(int i)
    {
        (int newer, int older) = (_entries[i].Newer, _entries[i].Older);
        if (newer != None)
        {
            _entries[newer].Older = older;
        }
        else
        {
            _newest = older;
        }

        if (older != None)
        {
            _entries[older].Newer = newer;
        }
        else
        {
            _oldest = newer;
        }
    }

    private struct Entry
    {
        public BlockKey Key;
        public BlockBuffer? Block;
        public long Fetched;
        public int Newer;
        public int Older;
        public bool Speculative;
    }
}
