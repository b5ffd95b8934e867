namespace DataStoreFS.N5;

/// <summary>
/// Native memory for <see cref="BlockBuffer"/>s, cut per size from large mappings with huge pages, and kept per size so that a volume's equal
/// blocks reuse each other's pages.
/// </summary>
/// <remarks>
/// Contract. The pool owns free memory only; what is rented belongs to the holders of the buffer. <see cref="Dispose"/> frees what is free at that
/// time and whatever is released later. Thread-safe; the one lock is a leaf. Pages of free buffers beyond the amounts to keep go back to the system
/// at once, addresses at the end; those of blocks above 16 MiB go with their pages. A cache makes room for a whole request before it is answered:
/// pages that went back meanwhile were a quarter of a writing daemon's processor time, and came back as small ones. Touching fresh memory page by
/// page was a third of the daemon's processor time (128 faults for a block of 512 KiB, 175 microseconds on a virtual machine; one fault for four
/// blocks now). The memory of such a page costs whoever touches it first 0.1 ms, or 5 ms on a virtual machine whose host has taken it back. A thread
/// (<see cref="PageToucher"/>) does it ahead of what is cut while the receivers go on: 500 to 720 MB/s for one reader beside the server on such a
/// machine, no difference where memory is at hand or both cores are busy. Only within the budget, so never in a pool without one. A page that is
/// being touched keeps its slab as a rented piece does. Rejected: low priority (receivers overtake it, and both clear the same page); the thread pool
/// (a page would hold up a worker that answers wait for); more pages (not reliably better). malloc with a threshold for mmap, and MADV_POPULATE_WRITE
/// for each block, leave the cost of each page's accounting, and were rejected.
/// </remarks>
public sealed unsafe class NativeBlockPool : IDisposable
{
    // Two huge pages of each size that is being read, and those of four sizes; the others' come into use when they are read again.
    private const int AheadBytes = 4 << 20;
    private const int MostAheadBytes = 4 * AheadBytes;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, BlockSizeClass> _classes = [];
    private readonly long _keepBytes;
    private readonly long _budgetBytes;
    private readonly Func<nint, bool> _populate;
    private readonly PageToucher _toucher;
    private readonly PageCost _cost;
    private long _freeBytes;
    private long _rentedBytes;
    private int _rented;
    private long _aheadBytes;
    private bool _cannotPopulate;
    private BlockSizeClass? _latest;
    private bool _disposed;

    /// <param name="keepBytes">How much free memory keeps its pages for reuse, however much is rented.</param>
    /// <param name="budgetBytes">Free memory keeps its pages, too, while it is no more than this together with what is rented: a cache's
    /// budget.</param>
    public NativeBlockPool(long keepBytes = 16L << 20, long budgetBytes = 0)
        : this(keepBytes, budgetBytes, PageMapping.Populate)
    {
    }

    // populate gives memory to the huge page at an address; once it answers that it cannot, it is not called again.
    internal NativeBlockPool(long keepBytes, long budgetBytes, Func<nint, bool> populate, PageCost? cost = null)
    {
        _cost = cost ?? new PageCost(PageMapping.ThreadTime, TimeProvider.System);

        _keepBytes = keepBytes;
        _budgetBytes = budgetBytes;
        _populate = populate;
        _toucher = new PageToucher(TouchNext, s_patience);
    }

    /// <summary>Buffers out now; zero when everything was released.</summary>
    public int Rented => Volatile.Read(ref _rented);

    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>
    /// The memory that the system gave last cost so much that blocks which can be had again should rather make room for new ones. Known only where
    /// pages are touched ahead.
    /// </summary>
    public bool IsMemoryDear => _cost.IsDear;

    /// <summary>The thread that touches pages was needed, and has not ended since.</summary>
    internal bool IsTouching => _toucher.IsRunning;

    /// <summary>
    /// A buffer for a block file of <paramref name="length"/> bytes, header included; content is undefined. The caller holds its one reference.
    /// </summary>
    /// <exception cref="InsufficientMemoryException">The system has no memory left.</exception>
    public BlockBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, BlockBuffer.HeaderBytes);

        // Blocks up to 2 GiB are possible in the protocol; alignment is a page so that O_DIRECT and vmsplice stay open.
        int capacity = checked(length + PageMapping.PageBytes - 1) & ~(PageMapping.PageBytes - 1);
        BlockBuffer buffer;
        List<BlockBuffer>? stale = null;
        bool wantsPages;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            bool isWarm;
            (buffer, isWarm) = TakeFree(capacity);
            Count(buffer, +1);
            while (!isWarm && IsOverBudget && TakeWarm() is { } other)
            {
                Count(other, +1);
                (stale ??= []).Add(other);
            }

            wantsPages = WantsPages;
        }

        if (wantsPages)
        {
            _toucher.Wake();
        }

        stale?.ForEach(DropPages);
        buffer.Reset(length);
        return buffer;
    }

    internal void Return(BlockBuffer buffer)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                Count(buffer, -1);
                FreeWhenUnused(buffer.Slab);
                return;
            }

            // What is rented includes it.
            if (_freeBytes + buffer.Capacity <= _keepBytes || _rentedBytes + _freeBytes <= _budgetBytes)
            {
                Count(buffer, -1);
                _freeBytes += buffer.Capacity;
                _classes[buffer.Capacity].Warm.Push(buffer);
                return;
            }
        }

        DropPages(buffer);
    }

    /// <summary>The end of a buffer's use, without its pages.</summary>
    private void DropPages(BlockBuffer buffer)
    {
        // A system call of some microseconds. The piece still counts as rented, so that its slab cannot go away under it.
        PageMapping.Discard(buffer.Pointer, buffer.Capacity);
        lock (_gate)
        {
            Count(buffer, -1);
            if (_disposed)
            {
                FreeWhenUnused(buffer.Slab);
                return;
            }

            BlockSizeClass sizes = _classes[buffer.Capacity];
            if (buffer.Slab.IsOnePiece)
            {
                // A server may claim another size for each large block, and the system bounds the number of mappings.
                sizes.Slabs.Remove(buffer.Slab);
                if (sizes.Slabs.Count == 0)
                {
                    _classes.Remove(buffer.Capacity);
                }

                FreeWhenUnused(buffer.Slab);
                return;
            }

            sizes.Cold.Push(buffer);
        }
    }

    /// <summary>One huge page ahead of what was cut last gets its memory, on the thread that is there for it.</summary>
    /// <returns>False if there is nothing to do now.</returns>
    private bool TouchNext()
    {
        byte* page;
        BlockSlab slab;
        lock (_gate)
        {
            if (_disposed || !WantsPages)
            {
                return false;
            }

            try
            {
                page = _latest!.TakeAhead(out slab);
            }
            catch (InsufficientMemoryException)
            {
                // Whoever needs the slab will say so.
                _cannotPopulate = true;
                return false;
            }

            _aheadBytes += PageMapping.HugePageBytes;
            slab.Rented++;
        }

        TimeSpan before = _cost.Begin();
        bool isDone = _populate((nint)page);
        _cost.End(before);
        lock (_gate)
        {
            _cannotPopulate |= !isDone;
            slab.Rented--;
            if (_disposed)
            {
                FreeWhenUnused(slab);
            }
        }

        return isDone;
    }

    public void Dispose()
    {
        _toucher.Dispose();
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (BlockSizeClass sizes in _classes.Values)
            {
                sizes.Slabs.ForEach(FreeWhenUnused);
            }

            _classes.Clear();
        }
    }

    private static void FreeWhenUnused(BlockSlab slab)
    {
        if (slab.Rented == 0)
        {
            slab.Free();
        }
    }

    // Buffers of sizes that nobody wants any more, whose pages are better given to the size that is wanted now.
    private bool IsOverBudget => _freeBytes > _keepBytes && _rentedBytes + _freeBytes > _budgetBytes;

    private bool WantsPages => _latest is { IsProven: true, AheadBytes: < AheadBytes } && !_cannotPopulate && _aheadBytes < MostAheadBytes
        && _rentedBytes + _freeBytes + _aheadBytes + PageMapping.HugePageBytes <= _budgetBytes;

    private void Count(BlockBuffer buffer, int sign)
    {
        _rented += sign;
        _rentedBytes += sign * buffer.Capacity;
        buffer.Slab.Rented += sign;
    }

    private BlockBuffer? TakeWarm()
    {
        foreach (BlockSizeClass sizes in _classes.Values)
        {
            if (sizes.Warm.TryPop(out BlockBuffer? buffer))
            {
                _freeBytes -= buffer.Capacity;
                return buffer;
            }
        }

        return null;
    }

    private (BlockBuffer Buffer, bool IsWarm) TakeFree(int capacity)
    {
        if (!_classes.TryGetValue(capacity, out BlockSizeClass? sizes))
        {
            _classes.Add(capacity, sizes = new BlockSizeClass(capacity));
        }

        if (sizes.Warm.TryPop(out BlockBuffer? buffer))
        {
            _freeBytes -= capacity;
            return (buffer, true);
        }

        if (sizes.Cold.TryPop(out buffer))
        {
            return (buffer, false);
        }

        nint aheadBefore = sizes.AheadBytes;
        byte* piece = sizes.Cut(out BlockSlab slab);
        _aheadBytes += sizes.AheadBytes - aheadBefore;
        _latest = sizes;
        return (new BlockBuffer(this, slab, piece, capacity), false);
    }
}
