using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>
/// Says which file could not be read and why: each file once in a while, however often programs retry it (BigDataViewer does so thousands of
/// times a second), and one for all of them while the server cannot be reached.
/// </summary>
internal sealed class FaultLog(ILogger logger, TimeProvider time)
{
    // Enough to keep the log readable when a whole dataset fails; past it a file may be named again.
    private const int NamedFiles = 1024;
    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, DateTimeOffset> _named = [];
    private OutageStatus? _outage;
    private bool _announced;
    private long _failures;

    public OutageStatus? Current => Volatile.Read(ref _outage);

    public long Failures => Interlocked.Read(ref _failures);

    /// <param name="node">The file that could not be read.</param>
    /// <param name="path">Its path below the mount point.</param>
    /// <param name="fault">Why.</param>
    public void Failed(ulong node, string path, DataStoreException fault)
    {
        Interlocked.Increment(ref _failures);
        bool unreachable = fault is { Kind: DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout, IsAnswer: false };
        bool say;
        lock (_gate)
        {
            say = (!unreachable || _outage is null) && IsDue(node);
            if (unreachable)
            {
                _announced = _outage is null ? say : _announced;
                _outage = _outage is null
                    ? new OutageStatus(time.GetUtcNow(), 1, fault.Message)
                    : _outage with { FailedReads = _outage.FailedReads + 1 };
            }
        }

        if (say && unreachable)
        {
            logger.LogError(
                "{Path}: {Reason}; this and other reads of what is not cached fail with EIO until the server is back", path, fault.Message);
        }
        else if (say)
        {
            logger.LogError("{Path}: {Reason}; readers get {Errno}", path, fault.Message, ErrnoMap.Of(fault.Kind));
        }
    }

    /// <summary>The server has answered. Costs one read of a field while there is no outage.</summary>
    public void Answered()
    {
        if (Volatile.Read(ref _outage) is null)
        {
            return;
        }

        OutageStatus? ended;
        bool announced;
        lock (_gate)
        {
            (ended, announced) = (_outage, _announced);
            _outage = null;
        }

        // A single block that keeps failing among others that do not would begin and end an outage with each read: what was not announced ends
        // silently.
        if (ended is not null && announced)
        {
            logger.LogInformation(
                "blocks can be read again after {Seconds:0.#} s; {Failed} reads had failed",
                (time.GetUtcNow() - ended.Since).TotalSeconds,
                ended.FailedReads);
        }
    }

    private bool IsDue(ulong node)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_named.TryGetValue(node, out DateTimeOffset last) && now - last < s_silence)
        {
            return false;
        }

        if (_named.Count >= NamedFiles)
        {
            _named.Clear();
        }

        _named[node] = now;
        return true;
    }
}
