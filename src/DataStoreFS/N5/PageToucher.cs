namespace DataStoreFS.N5;

/// <summary>
/// A thread that works while there is something to do: <paramref name="touchNext"/> until that answers false. It is started by the first
/// <see cref="Wake"/>, sleeps between them, and ends after <paramref name="patience"/> without any; the next starts another.
/// </summary>
/// <remarks>
/// Contract. A wake is never lost: what was to do before it is seen by a call of <paramref name="touchNext"/> that begins after it. At most one
/// thread at a time. One of normal priority: at a lower one the receivers overtake it, and both clear the same page.
/// </remarks>
internal sealed class PageToucher(Func<bool> touchNext, TimeSpan patience) : IDisposable
{
    private const int StackBytes = 128 << 10;

    private const int Absent = 0;
    private const int Asleep = 1;
    private const int Awake = 2;
    private const int Wanted = 3;

    // Not SemaphoreSlim, which spins before it sleeps: 2,017 calls of sched_yield(2) while 1,946 blocks of 64 KiB were read, 15 with this.
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _isEnded;
    private int _state;

    /// <summary>There is a thread, if only one that waits for the next wake.</summary>
    public bool IsRunning => Volatile.Read(ref _state) != Absent;

    /// <summary>One atomic instruction while the thread is awake, one system call while it sleeps.</summary>
    public void Wake()
    {
        if (_isEnded)
        {
            return;
        }

        switch (Interlocked.Exchange(ref _state, Wanted))
        {
            case Absent:
                Start();
                break;
            case Asleep:
                _wake.Set();
                break;
        }
    }

    /// <summary>The thread ends after the page it is at; not waited for.</summary>
    public void Dispose()
    {
        _isEnded = true;

        // The event stays: the thread may be about to look at it. Its handle is of this runtime's own, not the system's.
        _wake.Set();
    }

    private void Start()
    {
        try
        {
            new Thread(Work, StackBytes) { IsBackground = true, Name = "block-pages" }.Start();
        }
        catch (OutOfMemoryException)
        {
            // No more threads to be had: pages are touched by who uses them, as without this one.
            _isEnded = true;
        }
    }

    private void Work()
    {
        do
        {
            Interlocked.Exchange(ref _state, Awake);
            while (!_isEnded && touchNext())
            {
            }
        }
        while (!_isEnded && (Interlocked.CompareExchange(ref _state, Asleep, Awake) == Wanted || IsWoken()));
    }

    private bool IsWoken()
    {
        if (_wake.WaitOne(patience))
        {
            return true;
        }

        if (Interlocked.CompareExchange(ref _state, Absent, Asleep) == Asleep)
        {
            return false;
        }

        // Woken just then, by somebody who is about to set the event.
        _wake.WaitOne();
        return true;
    }
}
