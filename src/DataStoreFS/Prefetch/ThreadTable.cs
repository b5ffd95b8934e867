using System.Collections.Concurrent;
using System.Globalization;

namespace DataStoreFS.Prefetch;

/// <summary>
/// Which process a thread belongs to (the kernel names the calling thread: fs/fuse/dev.c fuse_get_req), and how long it was busy with the block
/// before.
/// </summary>
internal sealed class ThreadTable(TimeProvider time, Func<uint, uint> processOf)
{
    // Ids are used again by other processes; the kernel goes once around 32,768 or more of them first.
    private const long GoodForMilliseconds = 30_000;
    private const int Most = 1024;

    private readonly ConcurrentDictionary<uint, Entry> _threads = new();

    /// <summary>Notes an access of a thread.</summary>
    /// <returns>
    /// Its process; how many milliseconds its last access was waited for if that was a miss (else 0); and the timestamp of its being served, 0 when
    /// not known.
    /// </returns>
    public (uint Process, double Waited, long Served) Observe(uint thread, bool hit, long timestamp)
    {
        if (!_threads.TryGetValue(thread, out Entry? entry) || time.GetElapsedTime(entry.Since, timestamp).TotalMilliseconds > GoodForMilliseconds)
        {
            if (_threads.Count >= Most)
            {
                _threads.Clear();
            }

            entry = new Entry(processOf(thread), timestamp);
            _threads[thread] = entry;
        }

        long served = entry.Served;
        double waited = entry.Missed && served > entry.Last ? time.GetElapsedTime(entry.Last, served).TotalMilliseconds : 0;
        (entry.Last, entry.Missed) = (timestamp, !hit);
        return (entry.Process, waited, served);
    }

    /// <summary>A thread's last access is answered.</summary>
    public void Served(uint thread, long timestamp)
    {
        if (_threads.TryGetValue(thread, out Entry? entry))
        {
            entry.Served = timestamp;
        }
    }

    /// <summary>The process of a thread by /proc; the thread itself when that cannot be known.</summary>
    public static uint ProcessOf(uint thread)
    {
        if (thread == 0)
        {
            return 0;
        }

        try
        {
            foreach (string line in File.ReadLines($"/proc/{thread.ToString(CultureInfo.InvariantCulture)}/status"))
            {
                const string Field = "Tgid:";
                if (line.StartsWith(Field, StringComparison.Ordinal))
                {
                    return uint.Parse(line.AsSpan(Field.Length).Trim(), CultureInfo.InvariantCulture);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // It has ended, or /proc hides it: then it is a program of its own.
            return thread;
        }

        return thread;
    }

    private sealed class Entry(uint process, long since)
    {
        public uint Process => process;

        public long Since => since;

        public long Last { get; set; }

        public bool Missed { get; set; }

        public long Served { get; set; }
    }
}
