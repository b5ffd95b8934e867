namespace DataStoreFS.Remote;

/// <summary>
/// Cancels a call that stands still. What counts is progress, not duration: a large answer over a slow line is well, a server that sends a
/// byte now and then is not.
/// </summary>
internal sealed class ProgressTimeout : IDisposable
{
    /// <summary>Bytes that count as progress.</summary>
    public const int Step = 64 << 10;

    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _timeout;
    private int _bytes;

    public ProgressTimeout(TimeSpan timeout, CancellationToken caller)
    {
        _timeout = timeout;
        _caller = caller;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _source.CancelAfter(timeout);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Of who waits for the call.</summary>
    public CancellationToken Caller => _caller;

    /// <summary>True when the time is up and the caller had not given up by itself.</summary>
    public bool Expired => _source.IsCancellationRequested && !_caller.IsCancellationRequested;

    public TimeSpan Limit => _timeout;

    public void Received(int bytes)
    {
        _bytes += bytes;
        if (_bytes >= Step)
        {
            Completed();
        }
    }

    /// <summary>A whole piece of work is done; the clock starts again.</summary>
    public void Completed()
    {
        _bytes = 0;
        _source.CancelAfter(_timeout);
    }

    public void Dispose() => _source.Dispose();
}
