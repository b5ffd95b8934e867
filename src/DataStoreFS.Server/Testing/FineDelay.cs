using System.Diagnostics;

namespace DataStoreFS.Server.Testing;

/// <summary>
/// Waits that end within a millisecond or so of their time. With the runtime's timers a client had a block of 12 ms of work after 16 ms, always; with
/// this after 14 (13 to 16, as the work varies). The cause was not looked for; probably they count a clock of the kernel's ticks.
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
