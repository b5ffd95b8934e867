using DataStoreFS.Model;

namespace DataStoreFS.Caching;

/// <summary>
/// Holds up blocks that keep failing, each a little longer than the last time: BigDataViewer repeats a failed read at once, thousands of times a
/// second. A success forgets the block's history, and so does a minute without a request for it.
/// </summary>
internal sealed class FailedBlocks(TimeProvider time, int capacity = 4096)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<BlockKey, Failure> _failures = [];
    private int _count;

    /// <summary>How long the next try of this block should wait; zero when it may go at once.</summary>
    public TimeSpan DelayOf(in BlockKey key)
    {
        if (!TryGet(key, out Failure failure))
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = failure.Delay - time.GetElapsedTime(failure.At);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Whether the server's last answer was that it cannot send this block.</summary>
    public bool IsAtFault(in BlockKey key) => TryGet(key, out Failure failure) && failure.IsAnswer;

    /// <summary>Whether the server was gone when this block was last asked for.</summary>
    public bool IsGone(in BlockKey key) => TryGet(key, out Failure failure) && failure.IsGone;

    /// <param name="key">The block.</param>
    /// <param name="isAnswer">The server said so; it was not that there was no answer.</param>
    /// <param name="isGone">See <see cref="IsGone"/>.</param>
    public void Failed(in BlockKey key, bool isAnswer = false, bool isGone = false)
    {
        lock (_gate)
        {
            TimeSpan delay = s_first;
            if (_failures.TryGetValue(key, out Failure before) && time.GetElapsedTime(before.At) < s_memory)
            {
                delay = before.Delay * 2 < s_longest ? before.Delay * 2 : s_longest;
            }
            else if (_failures.Count >= capacity)
            {
                Thin();
            }

            _failures[key] = new Failure(time.GetTimestamp(), delay, isAnswer, isGone);
            Volatile.Write(ref _count, _failures.Count);
        }
    }

    public void Succeeded(in BlockKey key)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return;
        }

        lock (_gate)
        {
            _failures.Remove(key);
            Volatile.Write(ref _count, _failures.Count);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _failures.Clear();
            Volatile.Write(ref _count, 0);
        }
    }

    private bool TryGet(in BlockKey key, out Failure failure)
    {
        failure = default;
        if (Volatile.Read(ref _count) == 0)
        {
            return false;
        }

        lock (_gate)
        {
            return _failures.TryGetValue(key, out failure);
        }
    }

    // Forgetting a block too early costs one try without delay; which half goes does not matter.
    private void Thin()
    {
        bool other = false;
        foreach (BlockKey key in _failures.Keys)
        {
            other = !other;
            if (other || time.GetElapsedTime(_failures[key].At) >= s_memory)
            {
                _failures.Remove(key);
            }
        }
    }

    private readonly record struct Failure(long At, TimeSpan Delay, bool IsAnswer, bool IsGone);
}
