using DataStoreFS.Model;

namespace DataStoreFS.Blocks;

/// <summary>
/// What waits for one server, in two lanes: demand strictly before speculation. Within a lane the image whose block has waited longest goes first,
/// and takes others of its blocks with it: only blocks of one image fit one request.
/// </summary>
/// <remarks>No lock of its own: part of the state of <see cref="BlockBatcher"/>.</remarks>
internal sealed class ServerQueue
{
    private readonly Lane _demand = new();
    private readonly Lane _speculation = new();

    public int Demanded => _demand.Arrivals.Count;

    public int Speculated => _speculation.Arrivals.Count;

    public BlockFetch? OldestDemand => _demand.Arrivals.First?.Value;

    public BlockFetch? OldestSpeculation => _speculation.Arrivals.First?.Value;

    public void Add(BlockFetch fetch, QueueLane lane)
    {
        Of(lane).Add(fetch);
        fetch.Ticket.Lane = lane;
    }

    public void Remove(BlockFetch fetch)
    {
        Of(fetch.Ticket.Lane).Remove(fetch);
        fetch.Ticket.Lane = QueueLane.None;
    }

    /// <summary>
    /// Takes up to <paramref name="count"/> blocks of an image, from those that have waited longest; one that shares no request by itself.
    /// </summary>
    /// <param name="image">Of which there are some in the lane.</param>
    /// <param name="lane">Which lane.</param>
    /// <param name="count">At least 1.</param>
    /// <param name="stripes">
    /// How many requests are going to share what waits: this one takes every so many-th run, so that answers which come side by side bring the blocks
    /// in about the order in which they were asked for. 1: the oldest, one after the other.
    /// </param>
    /// <param name="run">Blocks of a run.</param>
    public BlockFetch[] Take(ImageKey image, QueueLane lane, int count, int stripes, int run)
    {
        LinkedList<BlockFetch> list = Of(lane).Images[image];
        int period = run * Math.Min(stripes, (list.Count + count - 1) / count);
        List<BlockFetch> taken = new(Math.Min(count, list.Count));
        int position = 0;
        for (LinkedListNode<BlockFetch>? node = list.First; node is not null && taken.Count < count; node = node.Next, position++)
        {
            if (node.Value.Alone)
            {
                // By itself if it is the first, and otherwise another request's beginning.
                if (taken.Count == 0)
                {
                    taken.Add(node.Value);
                }

                break;
            }

            if (position % period < run)
            {
                taken.Add(node.Value);
            }
        }

        taken.ForEach(Remove);
        return [.. taken];
    }

    /// <summary>
    /// Takes what has waited since before <paramref name="time"/>. When a request times out, whatever was queued before it was sent has waited as
    /// long already; sending it too would keep its readers for a multiple of the time they were promised.
    /// </summary>
    public IReadOnlyList<BlockFetch> TakeBegunBefore(long time)
    {
        List<BlockFetch> taken = [.. _demand.Arrivals.Where(f => f.Started < time), .. _speculation.Arrivals.Where(f => f.Started < time)];
        taken.ForEach(Remove);
        return taken;
    }

    private Lane Of(QueueLane lane) => lane switch
    {
        QueueLane.Demand => _demand,
        QueueLane.Speculation => _speculation,
        _ => throw new InvalidOperationException("the fetch is in no queue"),
    };

    private sealed class Lane
    {
        public LinkedList<BlockFetch> Arrivals { get; } = new();

        public Dictionary<ImageKey, LinkedList<BlockFetch>> Images { get; } = [];

        public void Add(BlockFetch fetch)
        {
            Arrivals.AddLast(fetch.Ticket.Arrival);
            ImageKey image = fetch.Key.Image;
            if (!Images.TryGetValue(image, out LinkedList<BlockFetch>? list))
            {
                Images.Add(image, list = new LinkedList<BlockFetch>());
            }

            list.AddLast(fetch.Ticket.InImage);
        }

        public void Remove(BlockFetch fetch)
        {
            Arrivals.Remove(fetch.Ticket.Arrival);
            ImageKey image = fetch.Key.Image;
            LinkedList<BlockFetch> list = Images[image];
            list.Remove(fetch.Ticket.InImage);
            if (list.Count == 0)
            {
                Images.Remove(image);
            }
        }
    }
}
