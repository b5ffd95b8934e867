namespace LinuxFuse.Session;

/// <summary>All readers of a session, from the first to the last.</summary>
internal sealed class ReaderGroup(FuseSession session)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<ReaderEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReaderThread[] _readers = [];
    private ReaderEnd? _reason;
    private int _alive;
    private volatile bool _stopping;

    /// <summary>A reader leaves as soon as it sees this.</summary>
    public bool IsStopping => _stopping;

    /// <summary>Completes when the last reader has ended, with what ended the first.</summary>
    public Task<ReaderEnd> Completion => _ended.Task;

    public void Start(IReadOnlyList<DeviceChannel> channels)
    {
        _readers = new ReaderThread[channels.Count];
        _alive = channels.Count;
        for (int i = 0; i < _readers.Length; i++)
            _readers[i] = new ReaderThread(this, session, channels[i], i);
        foreach (ReaderThread reader in _readers)
        {
            if (!reader.TryStart())
                Ended(new ReaderEnd(ReaderEndKind.Failed, Errno.EAGAIN));
        }
    }

    /// <summary>
    /// Ends all readers, wherever they are blocked. A reader whose handler does not return is left behind after <paramref name="patience"/>.
    /// </summary>
    public void Stop(TimeSpan patience)
    {
        Leave(new ReaderEnd(ReaderEndKind.Stopped));
        bool all = _readers.Length > 0;
        foreach (ReaderThread reader in _readers)
            all &= reader.Stop(patience);
        if (!all)
            _ended.TrySetResult(new ReaderEnd(ReaderEndKind.Failed, Errno.ETIMEDOUT));
    }

    /// <summary>Called by each reader as the last thing it does.</summary>
    public void Ended(ReaderEnd end)
    {
        bool isFirst = Leave(end);
        if (Interlocked.Decrement(ref _alive) == 0)
            _ended.TrySetResult(_reason!.Value);

        // The others see the end of a connection themselves; of a failure of this descriptor only, they do not.
        else if (isFirst && end.Kind == ReaderEndKind.Failed)
            ThreadPool.UnsafeQueueUserWorkItem(static group => group.Stop(TimeSpan.FromSeconds(1)), this, preferLocal: false);
    }

    private bool Leave(ReaderEnd end)
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = _reason is null;
            _reason ??= end;
            _stopping = true;
        }

        // Readers that wait for other requests' memory must not wait any longer.
        session.Buffers.Dispose();
        return isFirst;
    }
}
