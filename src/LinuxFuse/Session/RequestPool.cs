namespace LinuxFuse.Session;

/// <summary>Requests that are not in use.</summary>
/// <remarks>Contract. A rented request belongs to one reader or continuation until it is returned, exactly once, already recycled.</remarks>
internal sealed class RequestPool(FuseSession session) : IDisposable
{
    /// <summary>Each idle request keeps about 4.5 KiB of native memory.</summary>
    private const int MaxIdle = 1024;

    private readonly Lock _gate = new();
    private readonly Stack<FuseRequest> _idle = new();
    private int _rented;
    private bool _closed;

    /// <summary>Requests that are out. 0 when nothing is being served.</summary>
    public int Rented => Volatile.Read(ref _rented);

    public FuseRequest Rent()
    {
        lock (_gate)
        {
            _rented++;
            if (_idle.TryPop(out FuseRequest? request))
                return request;
        }

        return new FuseRequest(session);
    }

    public void Return(FuseRequest request)
    {
        lock (_gate)
        {
            _rented--;
            if (!_closed && _idle.Count < MaxIdle)
            {
                _idle.Push(request);
                return;
            }
        }

        request.Dispose();
    }

    public void Dispose()
    {
        FuseRequest[] idle;
        lock (_gate)
        {
            _closed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (FuseRequest request in idle)
            request.Dispose();
    }
}
