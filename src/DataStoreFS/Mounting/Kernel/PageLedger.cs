namespace DataStoreFS.Mounting.Kernel;

/// <summary>
/// Which files' pages the kernel may hold, and since when their content is known, so that pages can be dropped when they are too old or a
/// refresh is asked for. With no OPEN sent, nothing else would ever make the kernel ask again.
/// </summary>
/// <remarks>
/// One bit per file: neighbouring blocks have neighbouring node ids, so a word of 64 bits stands for up to 64 blocks and a million blocks
/// that were read take about half a megabyte. Files that were only listed or stat'ed are not in here. The table is bounded: past
/// <see cref="MaximumRuns"/> its oldest slice counts as expired, which costs reads but never shows old data.
/// Times are those of <see cref="Environment.TickCount64"/>, in milliseconds. The lock is a leaf.
/// </remarks>
internal sealed class PageLedger
{
    public const int MaximumRuns = 1 << 20;

    // Pages live between 7/8 and 8/8 of the maximum age: precision against the number of tables.
    private const int Slices = 8;
    private const int BitsOfWord = 6;

    private readonly Lock _gate = new();
    private readonly SortedList<long, Dictionary<ulong, ulong>> _slices = [];
    private readonly long _maxAge;
    private readonly long _sliceLength;
    private readonly int _maximumRuns;
    private Dictionary<ulong, ulong>? _current;
    private long _currentSlice = -1;
    private int _runs;

    /// <param name="maxAge">Milliseconds; null: pages are good for ever.</param>
    /// <param name="maximumRuns">Words of 64 ids in all.</param>
    public PageLedger(long? maxAge, int maximumRuns = MaximumRuns)
    {
        _maxAge = maxAge ?? long.MaxValue;
        _sliceLength = maxAge is null ? long.MaxValue : Math.Max(1, maxAge.Value / Slices);
        _maximumRuns = maximumRuns;
    }

    /// <summary>Words of 64 ids that are in use.</summary>
    public int Runs => Volatile.Read(ref _runs);

    /// <summary>
    /// Before a READ is answered: the kernel will hold content of <paramref name="node"/> that is known since <paramref name="fetchedAt"/>.
    /// </summary>
    public void Record(ulong node, long fetchedAt)
    {
        long slice = fetchedAt / _sliceLength;
        ulong word = node >> BitsOfWord;
        ulong bit = 1UL << (int)(node & ((1 << BitsOfWord) - 1));
        lock (_gate)
        {
            if (slice != _currentSlice)
            {
                Select(slice);
            }

            ref ulong bits = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_current!, word, out bool known);
            bits |= bit;
            _runs += known ? 0 : 1;
        }
    }

    /// <summary>Takes one file out: its content has changed.</summary>
    /// <returns>False when the kernel has none of its pages, as far as this ledger knows.</returns>
    public bool Take(ulong node)
    {
        ulong word = node >> BitsOfWord;
        ulong bit = 1UL << (int)(node & ((1 << BitsOfWord) - 1));
        bool held = false;
        lock (_gate)
        {
            foreach (Dictionary<ulong, ulong> slice in _slices.Values)
            {
                ref ulong bits = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(slice, word);
                if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref bits))
                {
                    held |= (bits & bit) != 0;
                    bits &= ~bit;
                }
            }
        }

        return held;
    }

    /// <summary>The files whose pages must go now; they are no longer in the ledger.</summary>
    public IReadOnlyList<ulong> TakeExpired(long now)
    {
        List<ulong> nodes = [];
        lock (_gate)
        {
            while (_slices.Count > 0
                && (_runs > _maximumRuns || (_maxAge != long.MaxValue && (_slices.GetKeyAtIndex(0) * _sliceLength) + _maxAge <= now)))
            {
                TakeOldest(nodes);
            }
        }

        return nodes;
    }

    public IReadOnlyList<ulong> TakeAll()
    {
        List<ulong> nodes = [];
        lock (_gate)
        {
            while (_slices.Count > 0)
            {
                TakeOldest(nodes);
            }
        }

        return nodes;
    }

    private void Select(long slice)
    {
        if (!_slices.TryGetValue(slice, out _current))
        {
            _slices[slice] = _current = [];
        }

        _currentSlice = slice;
    }

    private void TakeOldest(List<ulong> nodes)
    {
        foreach ((ulong word, ulong bits) in _slices.GetValueAtIndex(0))
        {
            for (ulong rest = bits; rest != 0; rest &= rest - 1)
            {
                nodes.Add((word << BitsOfWord) + (ulong)System.Numerics.BitOperations.TrailingZeroCount(rest));
            }
        }

        _runs -= _slices.GetValueAtIndex(0).Count;
        _slices.RemoveAt(0);
        _current = null;
        _currentSlice = -1;
    }
}
