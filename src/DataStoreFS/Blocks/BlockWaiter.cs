using System.Threading.Tasks.Sources;
using DataStoreFS.N5;

namespace DataStoreFS.Blocks;

/// <summary>One caller that waits for a block. Gets a reference of its own, a fault, or its own cancellation, whichever comes first.</summary>
/// <remarks>
/// The caller goes on on the thread pool, not on the thread that reads answers of the server: what it does with a block (a write of half a megabyte
/// to the kernel) must not hold up the frames behind it. A reader of the disk tier has nothing behind it, and its caller goes on on it: a thread less
/// to wake for each block. <see cref="Task"/> is awaited once.
/// </remarks>
internal sealed class BlockWaiter(BlockStore store) : IValueTaskSource<BlockBuffer?>
{
    private CancellationTokenRegistration _registration;
    private ManualResetValueTaskSourceCore<BlockBuffer?> _core = new() { RunContinuationsAsynchronously = true };
    private int _ended;

    public ValueTask<BlockBuffer?> Task => new(this, _core.Version);

    /// <summary>Set before it is watched.</summary>
    public BlockFetch Fetch { get; set; } = null!;

    private bool IsEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>From now on, until it is served, the caller's cancellation frees it.</summary>
    public void Watch(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled || IsEnded)
        {
            return;
        }

        _registration = cancellationToken.UnsafeRegister(static (state, token) => ((BlockWaiter)state!).Cancel(token), this);
        if (IsEnded)
        {
            _registration.Unregister();
        }
    }

    /// <summary>Gives the caller a reference, unless it has gone.</summary>
    /// <param name="block">The block; null: there is none.</param>
    /// <param name="here">The caller goes on on this thread, before this returns.</param>
    public void Serve(BlockBuffer? block, bool here)
    {
        _registration.Unregister();
        if (TryEnd())
        {
            block?.Retain();
            _core.RunContinuationsAsynchronously = !here;
            _core.SetResult(block);
        }
    }

    public void Fail(Exception fault)
    {
        _registration.Unregister();
        if (TryEnd())
        {
            _core.SetException(fault);
        }
    }

    BlockBuffer? IValueTaskSource<BlockBuffer?>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<BlockBuffer?>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<BlockBuffer?>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (TryEnd())
        {
            _core.SetException(new OperationCanceledException(cancellationToken));
            store.Leave(this);
        }
    }

    private bool TryEnd() => Interlocked.Exchange(ref _ended, 1) == 0;
}
