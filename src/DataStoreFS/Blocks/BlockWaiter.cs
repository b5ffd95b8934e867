using DataStoreFS.N5;

namespace DataStoreFS.Blocks;

/// <summary>One caller that waits for a block. Gets a reference of its own, a fault, or its own cancellation, whichever comes first.</summary>
/// <remarks>
/// Its continuation runs on the thread pool, not on the thread that reads the answer: what a caller does with a block (a write of half a megabyte
/// to the kernel) must not hold up the frames behind it.
/// </remarks>
internal sealed class BlockWaiter(BlockStore store) : TaskCompletionSource<BlockBuffer?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private CancellationTokenRegistration _registration;

    /// <summary>Set before it is watched.</summary>
    public BlockFetch Fetch { get; set; } = null!;

    /// <summary>From now on, until it is served, the caller's cancellation frees it.</summary>
    public void Watch(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled || Task.IsCompleted)
        {
            return;
        }

        _registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                BlockWaiter waiter = (BlockWaiter)state!;
                if (waiter.TrySetCanceled(token))
                {
                    waiter.Leave();
                }
            },
            this);
        if (Task.IsCompleted)
        {
            _registration.Unregister();
        }
    }

    /// <summary>Gives the caller a reference, unless it has gone.</summary>
    public void Serve(BlockBuffer? block)
    {
        _registration.Unregister();
        block?.Retain();
        if (!TrySetResult(block))
        {
            block?.Release();
        }
    }

    public void Fail(Exception fault)
    {
        _registration.Unregister();
        TrySetException(fault);
    }

    private void Leave() => store.Leave(this);
}
