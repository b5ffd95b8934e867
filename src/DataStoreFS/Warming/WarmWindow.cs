namespace DataStoreFS.Warming;

/// <summary>
/// Bounds the bytes of blocks that have been asked for and are not settled yet: in the disk cache, refused by it, or not coming. Without it a fast
/// server would run ahead of a slow disk, and the tier drops what it cannot write in time.
/// </summary>
/// <param name="flush">Ends when what was offered to the tier before is on disk or refused.</param>
/// <param name="limit">Bytes. A block that is larger goes alone.</param>
internal sealed class WarmWindow(Func<Task> flush, long limit)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = New();
    private long _inside;
    private long _unwritten;
    private bool _flushing;

    /// <summary>Waits for room. One caller at a time.</summary>
    public Task EnterAsync(long bytes, CancellationToken cancellationToken) => WaitAsync(limit - bytes, bytes, cancellationToken);

    /// <summary>Ends when everything that entered is settled.</summary>
    public Task WhenEmptyAsync(CancellationToken cancellationToken) => WaitAsync(0, 0, cancellationToken);

    /// <summary>Nothing is to be written for it.</summary>
    public void Leave(long bytes)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _inside -= bytes;
            changed = _changed;
            _changed = New();
        }

        changed.SetResult();
    }

    /// <summary>It was offered to the tier, and leaves when that has written it.</summary>
    public void Arrived(long bytes)
    {
        lock (_gate)
        {
            _unwritten += bytes;
            if (_flushing)
            {
                return;
            }

            _flushing = true;
        }

        _ = FlushAsync();
    }

    private async Task FlushAsync()
    {
        while (true)
        {
            long bytes;
            lock (_gate)
            {
                bytes = _unwritten;
                _unwritten = 0;
                _flushing = bytes > 0;
            }

            if (bytes == 0)
            {
                return;
            }

            await flush().ConfigureAwait(false);
            Leave(bytes);
        }
    }

    private async Task WaitAsync(long most, long bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_inside == 0 || _inside <= most)
                {
                    _inside += bytes;
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
