using System.Threading.Channels;

namespace DataStoreFS.WriteBack;

/// <summary>
/// Tries postponed blocks again: one as a probe after 1 s, 2 s, 4 s … 30 s; all of them once a probe came through, and then the pauses begin anew;
/// or while somebody waits for the end (unmount), then every second.
/// </summary>
internal sealed class PendingRetry : IAsyncDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);

    private readonly PendingBlocks _pending;
    private readonly TimeSpan _longestPause;
    private readonly TimeProvider _time;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _hurried;
    private int _back;

    public PendingRetry(PendingBlocks pending, UploadSettings settings, TimeProvider time)
    {
        (_pending, _longestPause, _time) = (pending, settings.LongestResume, time);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>A block was postponed.</summary>
    public void Postponed() => _wake.Writer.TryWrite(true);

    /// <summary>A block that had been postponed came through.</summary>
    public void ServerIsBack()
    {
        Volatile.Write(ref _back, 1);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Until it is disposed, everything is tried at once and every second.</summary>
    public IDisposable Hurry()
    {
        Interlocked.Increment(ref _hurried);
        _pending.Resume(int.MaxValue);
        _wake.Writer.TryWrite(true);
        return new Hurrying(this);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        TimeSpan pause = s_firstPause;
        try
        {
            while (true)
            {
                await _wake.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                while (_pending.Postponed > 0)
                {
                    await PauseAsync(pause).ConfigureAwait(false);
                    bool back = Interlocked.Exchange(ref _back, 0) > 0;
                    pause = back ? s_firstPause : Longer(pause);
                    _pending.Resume(back || Volatile.Read(ref _hurried) > 0 ? int.MaxValue : 1);
                }

                // The last one may have come through, or be on its way as a probe: then it is not postponed, and the pause stays what it is.
                pause = Interlocked.Exchange(ref _back, 0) > 0 ? s_firstPause : pause;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return; // what is postponed stays in the journal
        }
    }

    // Ends early when the server is back or somebody is in a hurry, but not because one block more was postponed.
    private async Task PauseAsync(TimeSpan pause)
    {
        if (Volatile.Read(ref _back) > 0)
        {
            return;
        }

        int hurried = Volatile.Read(ref _hurried);
        using CancellationTokenSource rest = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task over = Task.Delay(hurried > 0 ? s_firstPause : pause, _time, rest.Token);
        while (!over.IsCompleted && Volatile.Read(ref _back) == 0 && Volatile.Read(ref _hurried) <= hurried)
        {
            Task<bool> woken = _wake.Reader.WaitToReadAsync(rest.Token).AsTask();
            await Task.WhenAny(over, woken).ConfigureAwait(false);
            _wake.Reader.TryRead(out _);
        }

        await rest.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
    }

    private TimeSpan Longer(TimeSpan pause) => pause * 2 < _longestPause ? pause * 2 : _longestPause;

    private sealed class Hurrying(PendingRetry retry) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref retry._hurried);
    }
}
