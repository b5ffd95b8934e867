using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Blocks;

/// <summary>The end of fetches: caches are filled, those who wait are served.</summary>
/// <remarks>
/// The order matters. A block goes into the caches first and off the table after, so that nobody finds it in neither. A write that overtakes the
/// fetch between the two is noticed when it comes off the table, and what was put in is taken back.
/// </remarks>
internal sealed class Arrivals(SingleFlight flight, BlockCaches caches, FailedBlocks failed) : IFetchOutcome
{
    /// <summary>Hears of blocks that may differ from what programs have seen. Called before those who wait are served; must not block.</summary>
    public Action<BlockKey>? Changed { get; set; }

    public void Arrived(BlockFetch fetch, BlockBuffer? block)
    {
        bool changed = !fetch.Overtaken && caches.KeepFromServer(fetch, block);
        failed.Succeeded(fetch.Key);
        if (changed)
        {
            Changed?.Invoke(fetch.Key);
        }

        Serve(fetch, block);
    }

    public void ArrivedFromTier(BlockFetch fetch, TierAnswer answer)
    {
        if (!fetch.Overtaken)
        {
            caches.KeepFromTier(fetch, answer);
        }

        Serve(fetch, answer.Block, here: true);
    }

    /// <summary>An old block is better than none while the server is gone.</summary>
    public void Failed(BlockFetch fetch, DataStoreException fault)
    {
        bool gone = fault.Kind is DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout;
        failed.Failed(fetch.Key, fault.IsAnswer, gone);
        BlockBuffer? stale = gone && !fetch.Overtaken ? caches.Stale(fetch.Key) : null;
        foreach (BlockWaiter waiter in flight.Complete(fetch))
        {
            if (stale is not null)
            {
                waiter.Serve(stale, here: false);
            }
            else
            {
                waiter.Fail(fault);
            }
        }

        stale?.Release();
    }

    /// <summary>Ends a fetch whose block the caches already have. Takes the reference.</summary>
    /// <param name="fetch">The fetch.</param>
    /// <param name="block">Its block; null: there is none.</param>
    /// <param name="here">One of those who wait goes on on this thread; the others, who would have to wait for it, on the thread pool.</param>
    public void Serve(BlockFetch fetch, BlockBuffer? block, bool here = false)
    {
        BlockWaiter[] waiters = flight.Complete(fetch);
        if (fetch.Overtaken)
        {
            caches.Undo(fetch.Key, block);
        }

        for (int i = 0; i < waiters.Length; i++)
        {
            waiters[i].Serve(block, here && i == waiters.Length - 1);
        }

        block?.Release();
    }
}
