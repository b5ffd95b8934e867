using LinuxFuse.Interop;

namespace LinuxFuse.Session;

/// <summary>
/// Decides what an INTERRUPT means. The kernel sends one for whatever signal wakes a waiting caller, and only one for each request; an answer of
/// EINTR goes to the program as it is, also where its handler was installed with SA_RESTART. A program that gets SIGCHLD, SIGALRM, SIGPROF or the Go
/// runtime's SIGURG while it opens or closes a file expects no error of it, and no local file system gives one. So a request is only interrupted when
/// its caller is to end; otherwise the caller is looked at again until the request is answered, since nothing tells of a SIGKILL that follows.
/// </summary>
/// <remarks>
/// A request that waits for a lock is interrupted by every signal: fcntl(2) promises that, and programs give up waiting in this way.
/// </remarks>
internal sealed class InterruptWatch : IDisposable
{
    /// <summary>How late a kill may be seen. A look costs three system calls, and only interrupted requests are looked at.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// An INTERRUPT may overtake its request by as long as a reader is not scheduled; one that came after the reply is forgotten after so many looks.
    /// </summary>
    private const int LooksForUnknown = 200;

    private readonly Lock _gate = new();
    private readonly InFlightTable _inFlight;
    private readonly Func<int, bool> _mustEnd;
    private readonly Timer _timer;
    private List<Watched> _watched = [];
    private bool _disposed;

    /// <param name="inFlight">The requests.</param>
    /// <param name="mustEnd">Of the calling thread; <see cref="PendingSignals.AskToEnd(int)"/>.</param>
    public InterruptWatch(InFlightTable inFlight, Func<int, bool> mustEnd)
    {
        _inFlight = inFlight;
        _mustEnd = mustEnd;
        _timer = new Timer(static watch => ((InterruptWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Requests that were interrupted and are not settled.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _watched.Count;
        }
    }

    /// <summary>An INTERRUPT for this request came.</summary>
    public void Received(ulong unique)
    {
        Watched watched = new(unique, LooksForUnknown);
        if (!Settle(ref watched))
            Watch([watched]);
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _timer.Dispose();
    }

    private void Look()
    {
        List<Watched> due;
        lock (_gate)
        {
            due = _watched;
            _watched = [];
        }

        List<Watched> left = [];
        foreach (Watched watched in due)
        {
            Watched one = watched;
            if (!Settle(ref one))
                left.Add(one);
        }

        Watch(left);
    }

    private void Watch(List<Watched> more)
    {
        lock (_gate)
        {
            _watched.AddRange(more);

            // Each call sets the time anew, so a stream of signals could put the look off for ever; hence only from empty to not empty, or after a
            // look.
            if (!_disposed && _watched.Count > 0 && _watched.Count == more.Count)
                _timer.Change(s_period, Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>False: it has to be looked at again.</returns>
    private bool Settle(ref Watched watched)
    {
        switch (_inFlight.Find(watched.Unique, out int thread, out bool waitsForLock))
        {
            case InFlightState.Interrupted:
                return true;
            case InFlightState.Running:
                watched = watched with { WasThere = true };
                if (!waitsForLock && !_mustEnd(thread))
                    return false;
                _inFlight.Interrupt(watched.Unique);
                return true;
            default:
                watched = watched with { Looks = watched.Looks - 1 };
                return watched.WasThere || watched.Looks <= 0;
        }
    }

    private readonly record struct Watched(ulong Unique, int Looks, bool WasThere = false);
}
