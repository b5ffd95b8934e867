using System.Collections.Concurrent;
using DataStoreFS.Blocks;
using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>
/// Takes accesses from any thread, has the <see cref="Predictor"/> think about them on one of these, and hands guesses to the sink as it has room.
/// </summary>
/// <remarks>
/// Whoever gets the lock thinks for all: others leave their access in the queue and go on, so no reader ever waits here. The sink is called
/// outside of it.
/// A timer runs only while something was read lately.
/// </remarks>
public sealed class Prefetcher : IPrefetcher, IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);

    // Guesses handed over at a time.
    private const int Handful = 64;

    // Accesses that wait for the lock: beyond, they are not seen, which costs a guess.
    private const int MostWaiting = 4096;

    private readonly IBlockPrefetch _sink;
    private readonly TimeProvider _time;
    private readonly ThreadTable _threads;
    private readonly Predictor _predictor;
    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<Access> _waiting = new();
    private readonly ITimer _timer;
    private readonly bool _off;
    private int _ticking;
    private volatile bool _disposed;

    /// <param name="settings">How much.</param>
    /// <param name="largestBlock">Bytes of the largest block of the volumes to come; see <see cref="LargestBlock"/>.</param>
    /// <param name="sink">Where guesses go.</param>
    /// <param name="time">The system's when null.</param>
    public Prefetcher(PrefetchSettings settings, long largestBlock, IBlockPrefetch sink, TimeProvider? time = null)
        : this(settings, largestBlock, sink, time ?? TimeProvider.System, ThreadTable.ProcessOf)
    {
    }

    internal Prefetcher(PrefetchSettings settings, long largestBlock, IBlockPrefetch sink, TimeProvider time, Func<uint, uint> processOf)
    {
        _sink = sink;
        _time = time;
        _threads = new ThreadTable(time, processOf);
        int most = (int)Math.Clamp(
            Math.Min(settings.Bytes / Math.Max(largestBlock, 1), settings.Blocks ?? int.MaxValue), 1, PrefetchSettings.MostBlocks);
        _off = settings.Blocks == 0;
        _predictor = new Predictor(most, settings.Blocks is not null);
        _timer = time.CreateTimer(static state => ((Prefetcher)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Bytes of a full block of the volume's largest level. A dataset may have been created without any channel, and so without a setup.
    /// </summary>
    public static long LargestBlock(VolumeInfo volume) =>
        volume.Setups.SelectMany(setup => setup.Levels).Select(level => level.BlockSize.Count).DefaultIfEmpty(1).Max() * volume.VoxelType.Bytes();

    public PrefetchStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return _predictor.Statistics;
            }
        }
    }

    /// <summary>Before the first access to the volume.</summary>
    public void AddVolume(VolumeInfo volume)
    {
        lock (_gate)
        {
            _predictor.AddVolume(volume);
        }
    }

    public void Observe(in BlockKey key, uint thread, bool hit)
    {
        if (_off || _disposed || _waiting.Count >= MostWaiting)
        {
            return;
        }

        long timestamp = _time.GetTimestamp();
        (uint process, double waited, long served) = _threads.Observe(thread, hit, timestamp);
        _waiting.Enqueue(
            new Access(key, process, Milliseconds(timestamp), hit, waited, Milliseconds(served), _sink.DistanceOf(key).TotalMilliseconds));
        Pump();
        if (Volatile.Read(ref _ticking) == 0 && Interlocked.Exchange(ref _ticking, 1) == 0)
        {
            _timer.Change(s_tick, Timeout.InfiniteTimeSpan);
        }
    }

    public void Served(uint thread)
    {
        if (!_off)
        {
            _threads.Served(thread, _time.GetTimestamp());
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _timer.Dispose();
    }

    /// <summary>Afterwards nothing is asked of the sink any more.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return _timer.DisposeAsync();
    }

    private long Milliseconds(long timestamp) => (long)_time.GetElapsedTime(0, timestamp).TotalMilliseconds;

    private void Tick()
    {
        if (_disposed)
        {
            return;
        }

        long now = Milliseconds(_time.GetTimestamp());
        bool active;
        lock (_gate)
        {
            _predictor.Tick(now);
            active = _predictor.IsActive(now);
        }

        Pump();
        if (active)
        {
            _timer.Change(s_tick, Timeout.InfiniteTimeSpan);
        }
        else
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    private void Pump()
    {
        Span<BlockKey> guesses = stackalloc BlockKey[Handful];
        do
        {
            int room = Math.Min(_sink.PrefetchRoom, Handful);
            if (!_gate.TryEnter())
            {
                return; // whoever has it looks at the queue again after leaving
            }

            int count;
            try
            {
                while (_waiting.TryDequeue(out Access access))
                {
                    _predictor.Observe(access);
                }

                count = _predictor.Take(guesses[..Math.Max(room, 0)], Milliseconds(_time.GetTimestamp()));
            }
            finally
            {
                _gate.Exit();
            }

            if (count > 0 && !Deliver(guesses[..count]))
            {
                return; // the tick goes on when there is room
            }

            if (count < Handful && _waiting.IsEmpty)
            {
                return;
            }
        }
        while (true);
    }

    private bool Deliver(ReadOnlySpan<BlockKey> guesses)
    {
        Span<BlockKey> refused = stackalloc BlockKey[Handful];
        int refusals = 0;
        bool full = false;
        for (int i = 0; i < guesses.Length; i++)
        {
            // All are handed over, also after a refusal: the last one sends what was taken.
            PrefetchReply reply = _sink.Prefetch(guesses[i], more: i < guesses.Length - 1);
            full |= reply == PrefetchReply.Full;
            if (reply != PrefetchReply.Begun)
            {
                refused[refusals++] = guesses[i];
            }
        }

        if (refusals > 0)
        {
            lock (_gate)
            {
                foreach (ref readonly BlockKey guess in refused[..refusals])
                {
                    _predictor.Refuse(guess);
                }
            }
        }

        return !full;
    }
}
