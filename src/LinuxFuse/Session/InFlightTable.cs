namespace LinuxFuse.Session;

/// <summary>
/// Requests that can be interrupted: those whose handler is asynchronous or has asked for its token. Others are over before an INTERRUPT could help.
/// </summary>
internal sealed class InFlightTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, FuseRequest> _requests = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _active;
    private bool _draining;

    public int Count => Volatile.Read(ref _active);

    /// <summary>Makes a request known, once in its life.</summary>
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

    /// <summary>What is known of a request.</summary>
    /// <param name="unique">Its number.</param>
    /// <param name="thread">Who waits for it; 0: unknown.</param>
    /// <param name="waitsForLock">It is a SETLKW.</param>
    public InFlightState Find(ulong unique, out int thread, out bool waitsForLock)
    {
        lock (_gate)
        {
            bool known = _requests.TryGetValue(unique, out FuseRequest? request);
            thread = known ? (int)request!.Header.Pid : 0;
            waitsForLock = known && request!.Opcode == FuseOpcode.SetLockWait;
            return !known ? InFlightState.Unknown : request!.Interrupt.Interrupted ? InFlightState.Interrupted : InFlightState.Running;
        }
    }

    /// <summary>Cancels a request's token, if it is still being served. Callbacks of the token run on the thread pool, never on the reader.</summary>
    public void Interrupt(ulong unique)
    {
        CancellationTokenSource? source;
        lock (_gate)
            source = _requests.TryGetValue(unique, out FuseRequest? request) ? MarkLocked(request) : null;
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
        request.Interrupt.Registered = true;
        _requests[request.Header.Unique] = request;
        _active++;
    }
}

/// <summary>What <see cref="InFlightTable"/> knows of a request.</summary>
internal enum InFlightState
{
    /// <summary>Answered, or its handler has not asked for its token and may be over before it would.</summary>
    Unknown,

    Running,

    Interrupted,
}
