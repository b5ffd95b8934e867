using System.Diagnostics;

namespace DataStoreFS.Cli.Bench;

/// <summary>What a number of threads did with a list of files: how much, how long, and how long each.</summary>
/// <param name="Threads">As given.</param>
/// <param name="Done">Files that were there, in the order in which they were begun (roughly, with several threads).</param>
/// <param name="Missing">Files that were not.</param>
/// <param name="Bytes">Of those that were.</param>
/// <param name="Time">From the first to the last.</param>
/// <param name="Latencies">Of every file, also of missing ones; ascending.</param>
internal sealed record BenchRun(int Threads, IReadOnlyList<string> Done, int Missing, long Bytes, TimeSpan Time, IReadOnlyList<TimeSpan> Latencies)
{
    /// <summary>Does <paramref name="one"/> with file after file until as many were there as are wanted, or none is left.</summary>
    /// <param name="files">Taken in this order.</param>
    /// <param name="wanted">Of those that are there.</param>
    /// <param name="threads">Of their own, begun together.</param>
    /// <param name="one">Bytes of the file, -1 when it is not there. Given a buffer of its thread's own.</param>
    /// <exception cref="IOException">The first fault of any thread; the others end.</exception>
    public static BenchRun Of(IReadOnlyList<string> files, int wanted, int threads, Func<string, byte[], long> one)
    {
        using Barrier start = new(threads);
        State state = new(files, wanted, one, start);
        Thread[] all = [.. Enumerable.Range(0, threads).Select(i => new Thread(state.Work) { IsBackground = true, Name = $"bench {i}" })];
        Array.ForEach(all, thread => thread.Start());
        Array.ForEach(all, thread => thread.Join());
        return state.End(threads);
    }

    /// <summary>The time within which this share of the files was done.</summary>
    /// <param name="share">0 to 1.</param>
    public TimeSpan Percentile(double share) =>
        Latencies.Count == 0 ? TimeSpan.Zero : Latencies[Math.Clamp((int)Math.Ceiling(share * Latencies.Count) - 1, 0, Latencies.Count - 1)];

    private sealed class State(IReadOnlyList<string> files, int wanted, Func<string, byte[], long> one, Barrier start)
    {
        private const int BufferBytes = 4 << 20;

        private readonly Lock _gate = new();
        private readonly List<TimeSpan> _latencies = [];
        private readonly List<string> _done = [];
        private long _began;
        private long _ended;
        private long _bytes;
        private int _next;
        private int _underWay;
        private int _missing;
        private Exception? _fault;

        public void Work()
        {
            byte[] buffer = new byte[BufferBytes];
            start.SignalAndWait();
            long ended = Stopwatch.GetTimestamp();
            Began(ended);
            try
            {
                while (Next() is string file)
                {
                    long began = Stopwatch.GetTimestamp();
                    long bytes = one(file, buffer);
                    ended = Stopwatch.GetTimestamp();
                    Did(file, bytes, Stopwatch.GetElapsedTime(began, ended));
                }
            }
            catch (IOException fault)
            {
                Interlocked.CompareExchange(ref _fault, fault, null);
            }

            Ended(ended);
        }

        public BenchRun End(int count)
        {
            if (_fault is { } fault)
            {
                throw new IOException(fault.Message, fault);
            }

            _latencies.Sort();
            return new BenchRun(count, _done, _missing, _bytes, Stopwatch.GetElapsedTime(_began, _ended), _latencies);
        }

        private string? Next()
        {
            lock (_gate)
            {
                // Those under way count as there: at the end one file too many is read rather than one too few.
                // A thread whose file turns out to be missing comes back for another, so those under way may count as there.
                bool enough = _done.Count + _underWay >= wanted || _next >= files.Count || _fault is not null;
                _underWay += enough ? 0 : 1;
                return enough ? null : files[_next++];
            }
        }

        private void Did(string file, long bytes, TimeSpan time)
        {
            lock (_gate)
            {
                _underWay--;
                _latencies.Add(time);
                _bytes += Math.Max(bytes, 0);
                if (bytes < 0)
                {
                    _missing++;
                }
                else
                {
                    _done.Add(file);
                }
            }
        }

        private void Began(long at)
        {
            lock (_gate)
            {
                _began = _began == 0 ? at : Math.Min(_began, at);
            }
        }

        private void Ended(long at)
        {
            lock (_gate)
            {
                _ended = Math.Max(_ended, at);
            }
        }
    }
}
