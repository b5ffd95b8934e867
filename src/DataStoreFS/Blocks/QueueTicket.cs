namespace DataStoreFS.Blocks;

/// <summary>Where a fetch stands in a server's queues: in one of two orders of arrival, and in its image's list of the same lane.</summary>
internal enum QueueLane : byte
{
    /// <summary>In no queue: not yet, or already sent.</summary>
    None,

    /// <summary>Somebody waits for it.</summary>
    Demand,

    /// <summary>Fetched ahead of need.</summary>
    Speculation,
}

internal sealed class QueueTicket(BlockFetch fetch)
{
    public QueueLane Lane { get; set; }
    public LinkedListNode<BlockFetch> Arrival { get; } = new(fetch);
    public LinkedListNode<BlockFetch> InImage { get; } = new(fetch);
}
