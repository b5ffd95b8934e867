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
    private readonly Dictionary<(string Uuid, BlockAddress Block), (TimeSpan From, TimeSpan Until)> _locks = [];

    /// <summary>Takes a processor that is free when the work is ready, or the one that is free first, and keeps it.</summary>
    /// <param name="ready">The work cannot begin before.</param>
    /// <param name="before">What is to be done before the file is opened.</param>
    /// <param name="file">Which file.</param>
    /// <param name="under">How long it is worked on under its lock.</param>
    /// <returns>When that is done, or, if the file is locked, what comes before it.</returns>
    public (TimeSpan Done, bool IsLocked) Work(TimeSpan ready, TimeSpan before, (string Uuid, BlockAddress Block) file, TimeSpan under)
    {
        lock (_gate)
        {
            // The one that has just become free, so that what asks later, but was ready earlier, finds the other as free as it was.
            TimeSpan free = _freeFrom.Where(from => from <= ready).DefaultIfEmpty(_freeFrom.Min()).Max();
            int core = Array.IndexOf(_freeFrom, free);
            TimeSpan opens = (free > ready ? free : ready) + before;
            TimeSpan done = opens + under;
            bool known = _locks.TryGetValue(file, out (TimeSpan From, TimeSpan Until) other);
            if (known && opens < other.Until && other.From < done)
            {
                _freeFrom[core] = before > TimeSpan.Zero ? opens : free;
                return (opens, true);
            }

            if (!known || done > other.Until)
            {
                ForgetBefore(ready);
                _locks[file] = (opens, done);
            }

            return (_freeFrom[core] = done, false);
        }
    }

    private void ForgetBefore(TimeSpan time)
    {
        if (_locks.Count >= ManyLocks)
        {
            foreach (var old in _locks.Where(other => other.Value.Until <= time).Select(other => other.Key).ToArray())
            {
                _locks.Remove(old);
            }
        }
    }
}
