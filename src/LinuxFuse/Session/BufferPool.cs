namespace LinuxFuse.Session;

/// <summary>Large native buffers for readers, WRITE requests and replies, all of one size.</summary>
/// <remarks>
/// Contract. A rented buffer belongs to who rented it, until it is returned, exactly once. <see cref="Dispose"/> frees what is in the pool, and what
/// comes back later. Buffers that a WRITE holds while its handler runs count against a budget: <see cref="Hold"/> before the handler starts,
/// <see cref="ReturnHeld"/> at its end.
/// </remarks>
internal sealed class BufferPool(int bufferBytes, long heldBudget) : IDisposable
{
    /// <summary>Idle buffers kept; more are freed. Enough for every reader and a burst of direct reads.</summary>
    private const int MaxIdle = 32;

    private readonly Lock _gate = new();
    private readonly Stack<NativeBuffer> _idle = new();
    private readonly SemaphoreSlim _room = new(0);
    private long _held;
    private int _waiting;
    private int _rented;
    private bool _closed;

    public int BufferBytes => bufferBytes;

    /// <summary>Buffers that are out. 0 when nothing leaks.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>A buffer of at least <paramref name="size"/> bytes. Never waits.</summary>
    public NativeBuffer Rent(int size = 0)
    {
        lock (_gate)
        {
            _rented++;
            if (size <= bufferBytes && _idle.TryPop(out NativeBuffer? idle))
                return idle;
        }

        return new NativeBuffer(Math.Max(size, bufferBytes));
    }

    public void Return(NativeBuffer buffer)
    {
        lock (_gate)
        {
            _rented--;
            if (!_closed && buffer.Capacity == bufferBytes && _idle.Count < MaxIdle)
            {
                _idle.Push(buffer);
                return;
            }
        }

        buffer.Free();
    }

    /// <summary>Counts a reader's buffer as held by a request; waits while the budget is used up. One held buffer is always allowed.</summary>
    public void Hold()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_closed || _held == 0 || _held + bufferBytes <= heldBudget)
                {
                    _held += bufferBytes;
                    return;
                }

                _waiting++;
            }

            _room.Wait();
        }
    }

    public void ReturnHeld(NativeBuffer buffer)
    {
        lock (_gate)
        {
            _held -= bufferBytes;
            WakeAll();
        }

        Return(buffer);
    }

    public void Dispose()
    {
        NativeBuffer[] idle;
        lock (_gate)
        {
            _closed = true;
            idle = [.. _idle];
            _idle.Clear();
            WakeAll();
        }

        foreach (NativeBuffer buffer in idle)
            buffer.Free();
    }

    private void WakeAll()
    {
        if (_waiting == 0)
            return;
        _room.Release(_waiting);
        _waiting = 0;
    }
}
