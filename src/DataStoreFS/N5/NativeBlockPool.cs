namespace DataStoreFS.N5;

/// <summary>
/// Native memory for <see cref="BlockBuffer"/>s, cut per size from large mappings with huge pages, and kept per size so that a volume's equal
/// blocks reuse each other's pages.
/// </summary>
/// <remarks>
/// Contract. The pool owns free memory only; what is rented belongs to the holders of the buffer. <see cref="Dispose"/> frees what is free at
/// that time and whatever is released later. Thread-safe; the one lock is a leaf.
/// Pages of free buffers beyond the amounts to keep go back to the system at once, addresses at the end; those of blocks above 16 MiB go with their pages. A cache makes
/// room for a whole request before it is answered: pages that went back meanwhile were a quarter of a writing daemon's processor time, and came back as small ones. Touching fresh memory page by page was
/// a third of the daemon's processor time (128 faults for a block of 512 KiB, 175 microseconds on a virtual machine; one fault for four blocks now).
/// malloc with a threshold for mmap, and MADV_POPULATE_WRITE for each block, leave the cost of each page's accounting, and were rejected.
/// </remarks>
public sealed unsafe class NativeBlockPool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, SizeClass> _classes = [];
    private readonly long _keepBytes;
    private readonly long _budgetBytes;
    private long _freeBytes;
    private long _rentedBytes;
    private int _rented;
    private bool _disposed;

    /// <param name="keepBytes">How much free memory keeps its pages for reuse, however much is rented.</param>
    /// <param name="budgetBytes">Free memory keeps its pages, too, while it is no more than this together with what is rented: a cache's budget.</param>
    public NativeBlockPool(long keepBytes = 16L << 20, long budgetBytes = 0) => (_keepBytes, _budgetBytes) = (keepBytes, budgetBytes);

    /// <summary>Buffers out now; zero when everything was released.</summary>
    public int Rented => Volatile.Read(ref _rented);

    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>A buffer for a block file of <paramref name="length"/> bytes, header included; content is undefined. The caller holds its one reference.</summary>
    /// <exception cref="InsufficientMemoryException">The system has no memory left.</exception>
    public BlockBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, BlockBuffer.HeaderBytes);

        // Blocks up to 2 GiB are possible in the protocol; alignment is a page so that O_DIRECT and vmsplice stay open.
        int capacity = checked(length + PageMapping.PageBytes - 1) & ~(PageMapping.PageBytes - 1);
        BlockBuffer buffer;
        List<BlockBuffer>? stale = null;
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

            SizeClass sizes = _classes[buffer.Capacity];
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

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (SizeClass sizes in _classes.Values)
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

    private void Count(BlockBuffer buffer, int sign)
    {
        _rented += sign;
        _rentedBytes += sign * buffer.Capacity;
        buffer.Slab.Rented += sign;
    }

    private BlockBuffer? TakeWarm()
    {
        foreach (SizeClass sizes in _classes.Values)
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
        if (!_classes.TryGetValue(capacity, out SizeClass? sizes))
        {
            _classes.Add(capacity, sizes = new SizeClass());
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

        BlockSlab? slab = sizes.Slabs.Count > 0 ? sizes.Slabs[^1] : null;
        byte* piece = slab is null ? null : slab.Cut();
        if (piece is null)
        {
            slab = new BlockSlab(capacity, isFirst: slab is null);
            sizes.Slabs.Add(slab);
            piece = slab.Cut();
        }

        return (new BlockBuffer(this, slab!, piece, capacity), false);
    }

    private sealed class SizeClass
    {
        /// <summary>Free, with pages.</summary>
        public Stack<BlockBuffer> Warm { get; } = new();

        /// <summary>Free, without.</summary>
        public Stack<BlockBuffer> Cold { get; } = new();

        public List<BlockSlab> Slabs { get; } = [];
    }
}
