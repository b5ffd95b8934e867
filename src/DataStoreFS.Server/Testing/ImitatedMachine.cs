using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Testing;

/// <summary>
/// When work would be done on so many processors, each doing one thing at a time, in the order in which it is asked for; and which files are locked
/// meanwhile.
/// </summary>
/// <remarks>
/// Contract: thread-safe; the one lock is a leaf. Knows no clock: all times are since the same moment. A lock ends at its time, whatever becomes of
/// the request, and is forgotten when there are many.
/// </remarks>
internal sealed class ImitatedMachine(int cores)
{
    private const int ManyLocks = 1024;

    private readonly Lock _gate = new();
    private readonly TimeSpan[] _freeFrom = new TimeSpan[cores];
    private readonly Dictionary<(string Uuid, BlockAddress Block), TimeSpan> _lockedUntil = [];

    /// <summary>Takes a processor that is free when the work is ready, or the one that is free first.</summary>
    /// <param name="ready">The work cannot begin before.</param>
    /// <param name="work">How long it keeps a processor.</param>
    /// <returns>When it is done.</returns>
    public TimeSpan Work(TimeSpan ready, TimeSpan work)
    {
        lock (_gate)
        {
            return Reserve(ready, work);
        }
    }

    /// <summary>The same under a file's lock, which is held from <paramref name="ready"/> on.</summary>
    /// <returns>When it is done; null if the file is locked at that time.</returns>
    public TimeSpan? WorkOn((string Uuid, BlockAddress Block) file, TimeSpan ready, TimeSpan work)
    {
        lock (_gate)
        {
            if (_lockedUntil.TryGetValue(file, out TimeSpan until) && until > ready)
            {
                return null;
            }

            if (_lockedUntil.Count >= ManyLocks)
            {
                foreach (var old in _lockedUntil.Where(other => other.Value <= ready).Select(other => other.Key).ToArray())
                {
                    _lockedUntil.Remove(old);
                }
            }

            return _lockedUntil[file] = Reserve(ready, work);
        }
    }

    private TimeSpan Reserve(TimeSpan ready, TimeSpan work)
    {
        // The one that has just become free, so that what asks later, but was ready earlier, finds the other as free as it was.
        TimeSpan free = _freeFrom.Where(from => from <= ready).DefaultIfEmpty(_freeFrom.Min()).Max();
        return _freeFrom[Array.IndexOf(_freeFrom, free)] = (free > ready ? free : ready) + work;
    }
}
