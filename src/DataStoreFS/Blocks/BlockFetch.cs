using DataStoreFS.Model;
using DataStoreFS.Remote;

namespace DataStoreFS.Blocks;

/// <summary>One block on its way: in the table of <see cref="SingleFlight"/> from the first request for it until it has come or failed.</summary>
internal sealed class BlockFetch(BlockKey key, Volume volume, long started)
{
    public BlockKey Key => key;

    public Volume Volume => volume;

    /// <summary>The time that its block will carry: it cannot be older than this.</summary>
    public long Started => started;

    public BlockRequest Request { get; } = volume.Request(key);

    /// <summary>Under the lock of <see cref="SingleFlight"/>.</summary>
    public List<BlockWaiter> Waiters { get; } = new(1);

    /// <summary>
    /// A write or a refresh has overtaken it: whoever waits may have the block, the caches may not. Set under the lock of <see cref="SingleFlight"/>.
    /// </summary>
    public volatile bool Overtaken;

    /// <summary>Somebody has asked for it, now or before. Set under the lock of <see cref="SingleFlight"/>.</summary>
    public volatile bool Demanded;

    /// <summary>It shares no request, because something of one that it was in, or it itself, could not be had. Set before it is queued.</summary>
    public bool Alone { get; set; }

    private QueueTicket? _ticket;

    /// <summary>Its place in the queues. Under the lock of <see cref="BlockBatcher"/>.</summary>
    public QueueTicket Ticket => _ticket ??= new QueueTicket(this);
}
