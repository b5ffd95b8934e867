namespace LinuxFuse.Session;

/// <summary>Requests that can be interrupted: those whose handler is asynchronous or has asked for its token. Others are over before an INTERRUPT could help.</summary>
/// <remarks>
/// INTERRUPT is a message of its own, so another reader may have it in hands before the reader of the request has come to <see cref="Register"/>.
/// Such uniques are remembered and looked for when a request is registered. (The kernel would also take EAGAIN for "send it again", as libfuse does;
/// then both sides spin until the request shows up.) An INTERRUPT that comes too late, after the reply, is remembered in vain until others push it out.
/// </remarks>
internal sealed class InFlightTable
{
    /// <summary>Far more than readers, which is how many requests can be between reading and registration.</summary>
    private const int RememberedInterrupts = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, FuseRequest> _requests = [];
    private readonly ulong[] _early = new ulong[RememberedInterrupts];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _nextEarly;
    private int _earlyCount;
    private int _active;
    private bool _draining;

    public int Count => Volatile.Read(ref _active);

    /// <summary>Makes a request known, once in its life. If it was interrupted before, it is now.</summary>
    public void Register(FuseRequest request)
    {
        lock (_gate)
            RegisterLocked(request);
    }

    /// <summary>The request's token, created now if this is the first time.</summary>
    public CancellationToken TokenOf(FuseRequest request)
    {
        lock (_gate)
        {
            RegisterLocked(request);
            if (request.Interrupt.Interrupted && request.Interrupt.Source is null)
                return new CancellationToken(canceled: true);
            return (request.Interrupt.Source ??= new CancellationTokenSource()).Token;
        }
    }

    /// <summary>Takes the request out, before it is recycled. True if it had been interrupted.</summary>
    public void Unregister(FuseRequest request)
    {
        CancellationTokenSource? reusable = null;
        lock (_gate)
        {
            if (!request.Interrupt.Registered)
                return;
            if (_requests.TryGetValue(request.Header.Unique, out FuseRequest? known) && known == request)
                _requests.Remove(request.Header.Unique);

            // A source that somebody is cancelling right now must not be used again: it is left to them.
            if (!request.Interrupt.Interrupted)
                reusable = request.Interrupt.Source;
            request.Interrupt = default;
            _active--;
            if (_draining && _active == 0)
                _drained.TrySetResult();
        }

        // Out of the table nobody can cancel it, so resetting is safe.
        if (reusable is not null && reusable.TryReset())
            request.Interrupt.Source = reusable;
    }

    public bool WasInterrupted(FuseRequest request)
    {
        lock (_gate)
            return request.Interrupt.Interrupted;
    }

    /// <summary>An INTERRUPT for this request came. Callbacks of its token run on the thread pool, never on the reader.</summary>
    public void Interrupt(ulong unique)
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            if (!_requests.TryGetValue(unique, out FuseRequest? request))
            {
                Remember(unique);
                return;
            }

            source = MarkLocked(request);
        }

        Cancel(source);
    }

    /// <summary>Interrupts everything that is being served.</summary>
    public void InterruptAll()
    {
        List<CancellationTokenSource?> sources = [];
        lock (_gate)
        {
            foreach (FuseRequest request in _requests.Values)
                sources.Add(MarkLocked(request));
        }

        foreach (CancellationTokenSource? source in sources)
            Cancel(source);
    }

    /// <summary>Completes when no request is left. To be called when none can come any more.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            _draining = true;
            if (_active == 0)
                _drained.TrySetResult();
        }

        return _drained.Task;
    }

    private static CancellationTokenSource? MarkLocked(FuseRequest request)
    {
        if (request.Interrupt.Interrupted)
            return null;
        request.Interrupt.Interrupted = true;
        return request.Interrupt.Source;
    }

    private static void Cancel(CancellationTokenSource? source)
    {
        if (source is not null)
            ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), source, preferLocal: false);
    }

    private void RegisterLocked(FuseRequest request)
    {
        if (request.Interrupt.Registered)
            return;
        ulong unique = request.Header.Unique;
        request.Interrupt.Registered = true;
        request.Interrupt.Interrupted = _earlyCount > 0 && TakeRemembered(unique);
        _requests[unique] = request;
        _active++;
    }

    private void Remember(ulong unique)
    {
        if (_early[_nextEarly] == 0)
            _earlyCount++;
        _early[_nextEarly] = unique;
        _nextEarly = (_nextEarly + 1) % RememberedInterrupts;
    }

    private bool TakeRemembered(ulong unique)
    {
        int index = Array.IndexOf(_early, unique);
        if (index < 0)
            return false;
        _early[index] = 0;
        _earlyCount--;
        return true;
    }
}
