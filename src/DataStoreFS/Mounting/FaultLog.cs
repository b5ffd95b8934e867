using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>
/// Says which file could not be read and why: once for each file, however often programs retry it (BigDataViewer does so thousands of times a
/// second), and once for all of them while the server cannot be reached.
/// </summary>
internal sealed class FaultLog(ILogger logger, TimeProvider time)
{
    // Enough to keep the log readable when a whole dataset fails; past it a file may be named again.
    private const int NamedFiles = 1024;

    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _named = [];
    private OutageStatus? _outage;
    private long _failures;

    public OutageStatus? Current => Volatile.Read(ref _outage);

    public long Failures => Interlocked.Read(ref _failures);

    /// <param name="node">The file that could not be read.</param>
    /// <param name="path">Its path below the mount point.</param>
    /// <param name="fault">Why.</param>
    public void Failed(ulong node, string path, DataStoreException fault)
    {
        Interlocked.Increment(ref _failures);
        bool outage = fault.Kind is DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout;
        bool first;
        lock (_gate)
        {
            first = outage ? _outage is null : FirstOf(node);
            if (outage)
            {
                _outage = _outage is null ? new OutageStatus(time.GetUtcNow(), 1, fault.Message) : _outage with { FailedReads = _outage.FailedReads + 1 };
            }
        }

        if (first && outage)
        {
            logger.LogError("{Path}: {Reason}; this and other reads of what is not cached fail with EIO until the server is back", path, fault.Message);
        }
        else if (first)
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
        lock (_gate)
        {
            ended = _outage;
            _outage = null;
            _named.Clear();
        }

        if (ended is not null)
        {
            logger.LogInformation(
                "blocks can be read again after {Seconds:0.#} s; {Failed} reads had failed",
                (time.GetUtcNow() - ended.Since).TotalSeconds,
                ended.FailedReads);
        }
    }

    private bool FirstOf(ulong node)
    {
        if (_named.Count >= NamedFiles)
        {
            _named.Clear();
        }

        return _named.Add(node);
    }
}
