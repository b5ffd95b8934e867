using DataStoreFS.Model;

namespace DataStoreFS.Blocks;

/// <summary>The table of blocks that are on their way: at most one fetch per block, however many ask.</summary>
internal sealed class SingleFlight
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BlockKey, BlockFetch> _fetches = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _fetches.Count;
            }
        }
    }

    /// <summary>Joins the fetch of this block, or begins one.</summary>
    /// <param name="key">Of the block.</param>
    /// <param name="volume">Its volume.</param>
    /// <param name="now">When a new fetch begins.</param>
    /// <param name="waiter">Null for a fetch ahead of need.</param>
    /// <param name="began">True when the caller has to set the fetch going.</param>
    /// <param name="promoted">True when this is the first that asks for a fetch that was begun ahead of need.</param>
    public BlockFetch Join(in BlockKey key, Volume volume, long now, BlockWaiter? waiter, out bool began, out bool promoted)
    {
        lock (_gate)
        {
            began = !_fetches.TryGetValue(key, out BlockFetch? fetch);
            if (fetch is null)
            {
                fetch = new BlockFetch(key, volume, now);
                _fetches.Add(key, fetch);
            }

            promoted = !began && waiter is not null && !fetch.Demanded;
            if (waiter is not null)
            {
                fetch.Waiters.Add(waiter);
                fetch.Demanded = true;
            }

            return fetch;
        }
    }

    /// <summary>A caller gives up.</summary>
    /// <returns>True when nobody waits any more.</returns>
    public bool Leave(BlockFetch fetch, BlockWaiter waiter)
    {
        lock (_gate)
        {
            return fetch.Waiters.Remove(waiter) && fetch.Waiters.Count == 0;
        }
    }

    /// <summary>Takes a fetch that was withdrawn from the queue off the table, unless somebody has joined it meanwhile.</summary>
    public bool Forget(BlockFetch fetch)
    {
        lock (_gate)
        {
            if (fetch.Waiters.Count > 0)
            {
                return false;
            }

            RemoveIfCurrent(fetch);
            return true;
        }
    }

    /// <summary>The end of a fetch.</summary>
    /// <returns>Those who wait for it.</returns>
    public BlockWaiter[] Complete(BlockFetch fetch)
    {
        lock (_gate)
        {
            RemoveIfCurrent(fetch);
            BlockWaiter[] waiters = fetch.Waiters.Count == 0 ? [] : [.. fetch.Waiters];
            fetch.Waiters.Clear();
            return waiters;
        }
    }

    /// <summary>From now on this block is fetched anew. Who waits for the fetch that was under way still gets its block.</summary>
    public BlockFetch? Overtake(in BlockKey key)
    {
        lock (_gate)
        {
            if (_fetches.Remove(key, out BlockFetch? fetch))
            {
                fetch.Overtaken = true;
            }

            return fetch;
        }
    }

    public void OvertakeAll()
    {
        lock (_gate)
        {
            foreach (BlockFetch fetch in _fetches.Values)
            {
                fetch.Overtaken = true;
            }

            _fetches.Clear();
        }
    }

    private void RemoveIfCurrent(BlockFetch fetch)
    {
        if (_fetches.TryGetValue(fetch.Key, out BlockFetch? current) && ReferenceEquals(current, fetch))
        {
            _fetches.Remove(fetch.Key);
        }
    }
}
