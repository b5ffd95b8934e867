using System.Diagnostics;

namespace DataStoreFS.Server.Testing;

/// <summary>
/// Waits that end within a millisecond or so of their time. The runtime's timers count a clock of the kernel's ticks (CLOCK_MONOTONIC_COARSE), which
/// at 250 Hz makes 16 ms of 12, and lets all that wait end together every 4 ms.
/// </summary>
/// <remarks>
/// Contract: thread-safe; the one lock is a leaf. One thread, which is there while somebody waits, and looks every millisecond who is done.
/// </remarks>
internal sealed class FineDelay
{
    private readonly Lock _gate = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly PriorityQueue<TaskCompletionSource, TimeSpan> _waiting = new();
    private bool _isRunning;

    /// <summary>Since this was made.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_began);

    public Task UntilAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        if (time <= Now)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool starts;
        lock (_gate)
        {
            _waiting.Enqueue(done, time);
            starts = !_isRunning;
            _isRunning = true;
        }

        if (starts)
        {
            new Thread(Run) { IsBackground = true, Name = "fine-delay" }.Start();
        }

        return done.Task.WaitAsync(cancellationToken);
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                while (_waiting.TryPeek(out TaskCompletionSource? first, out TimeSpan time) && time <= Now)
                {
                    _waiting.Dequeue();
                    first.SetResult();
                }

                if (_waiting.Count == 0)
                {
                    _isRunning = false;
                    return;
                }
            }

            Thread.Sleep(1);
        }
    }
}
