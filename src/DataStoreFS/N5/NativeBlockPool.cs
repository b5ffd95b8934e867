using System.Runtime.InteropServices;

namespace DataStoreFS.N5;

/// <summary>
/// Native memory for <see cref="BlockBuffer"/>s, kept per size so that a volume's equal blocks reuse each other's pages instead of going
/// back to the allocator (fresh pages cost a page fault per 4 KiB).
/// </summary>
/// <remarks>
/// Contract. The pool owns free memory only; what is rented belongs to the holders of the buffer. <see cref="Dispose"/> frees what is free at
/// that time and whatever is released later. Thread-safe; the one lock is a leaf.
/// </remarks>
public sealed unsafe class NativeBlockPool : IDisposable
{
    // Blocks up to 2 GiB are possible in the protocol; alignment is a page so that O_DIRECT and vmsplice stay open.
    private const int Alignment = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Stack<BlockBuffer>> _free = [];
    private readonly long _keepBytes;
    private long _freeBytes;
    private long _rentedBytes;
    private int _rented;
    private bool _disposed;

    /// <param name="keepBytes">How much free memory is kept for reuse before it goes back to the system.</param>
    public NativeBlockPool(long keepBytes = 64L << 20) => _keepBytes = keepBytes;

    /// <summary>Buffers out now; zero when everything was released.</summary>
    public int Rented => Volatile.Read(ref _rented);

    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>A buffer for a block file of <paramref name="length"/> bytes, header included; content is undefined. The caller holds its one reference.</summary>
    public BlockBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, BlockBuffer.HeaderBytes);
        int capacity = checked((length + Alignment - 1) & ~(Alignment - 1));
        BlockBuffer? buffer = null;
        lock (_gate)
        {
            if (_free.TryGetValue(capacity, out Stack<BlockBuffer>? stack) && stack.TryPop(out buffer))
            {
                _freeBytes -= capacity;
            }
        }

        buffer ??= new BlockBuffer(this, (byte*)NativeMemory.AlignedAlloc((nuint)capacity, Alignment), capacity);
        Interlocked.Increment(ref _rented);
        Interlocked.Add(ref _rentedBytes, capacity);
        buffer.Reset(length);
        return buffer;
    }

    internal void Return(BlockBuffer buffer)
    {
        Interlocked.Decrement(ref _rented);
        Interlocked.Add(ref _rentedBytes, -buffer.Capacity);
        lock (_gate)
        {
            if (!_disposed && _freeBytes + buffer.Capacity <= _keepBytes)
            {
                if (!_free.TryGetValue(buffer.Capacity, out Stack<BlockBuffer>? stack))
                {
                    _free[buffer.Capacity] = stack = new Stack<BlockBuffer>();
                }

                stack.Push(buffer);
                _freeBytes += buffer.Capacity;
                return;
            }
        }

        NativeMemory.AlignedFree(buffer.Pointer);
    }

    public void Dispose()
    {
        List<BlockBuffer> free;
        lock (_gate)
        {
            _disposed = true;
            free = [.. _free.Values.SelectMany(s => s)];
            _free.Clear();
            _freeBytes = 0;
        }

        foreach (BlockBuffer buffer in free)
        {
            NativeMemory.AlignedFree(buffer.Pointer);
        }
    }
}
