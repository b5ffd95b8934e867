using DataStoreFS.Caching;

namespace DataStoreFS.Blocks;

/// <summary>
/// Decides what is requested next: which server, which lane, which image, how many blocks. Demand goes before speculation; images and servers take
/// turns by age; free connections share what waits, so that a burst of readers is not queued up behind one long answer. Guesses are dealt out to them
/// in turn: a connection at a distance brings a few blocks in each round trip, and a reader in order would wait for one after the other.
/// </summary>
/// <remarks>
/// No lock of its own: part of the state of <see cref="BlockBatcher"/>. Bytes on their way are bounded to half the memory budget (speculation to a
/// quarter): beyond that, requests wait in the queue.
/// </remarks>
internal sealed class RequestPlanner(MemoryTier memory, BlockStoreOptions options, IFetchOutcome outcome)
{
    // As long as a frame takes to come over one connection, others may be ahead of it: small blocks go by runs of that size.
    private const long StripeBytes = 512 << 10;

    private readonly List<ServerGate> _servers = [];
    private long _onTheirWay;
    private int _turn;

    public IReadOnlyList<ServerGate> Servers => _servers;

    /// <summary>The gate of a block's server; one for all volumes and clients of the same address.</summary>
    public ServerGate GateOf(BlockFetch fetch)
    {
        string server = fetch.Volume.Client.Server;
        foreach (ServerGate known in _servers)
        {
            if (string.Equals(known.Server, server, StringComparison.Ordinal))
            {
                return known;
            }
        }

        ServerGate gate = new(server, options.MaxConcurrency, fetch.Volume.Client.RoundTrip);
        _servers.Add(gate);
        return gate;
    }

    /// <summary>The next request, counted as under way; null when there is nothing to send or no room.</summary>
    public BlockBatch? Next()
    {
        for (int i = 0; i < _servers.Count; i++)
        {
            ServerGate gate = _servers[(int)((uint)_turn++ % (uint)_servers.Count)];
            if ((Demand(gate) ?? Speculation(gate)) is { } batch)
            {
                _onTheirWay += batch.ReservedBytes;
                return batch;
            }
        }

        return null;
    }

    /// <summary>A request has ended.</summary>
    public void Ended(BlockBatch batch)
    {
        _onTheirWay -= batch.ReservedBytes;
        batch.Gate.Demands -= batch.Lane == QueueLane.Demand ? 1 : 0;
        batch.Gate.Speculations -= batch.Lane == QueueLane.Speculation ? 1 : 0;
    }

    private BlockBatch? Demand(ServerGate gate)
    {
        if (gate.Queue.OldestDemand is not { } oldest || !gate.HasRoomForDemand)
        {
            return null;
        }

        int share = (gate.Queue.Demanded + gate.Free - 1) / gate.Free;
        BlockBatch? batch = Take(gate, oldest, QueueLane.Demand, share, memory.Budget / 2);
        gate.Demands += batch is null ? 0 : 1;
        return batch;
    }

    private BlockBatch? Speculation(ServerGate gate)
    {
        if (gate.Queue.OldestSpeculation is not { } oldest || !gate.HasRoomForSpeculation)
        {
            return null;
        }

        BlockBatch? batch = Take(gate, oldest, QueueLane.Speculation, gate.SpeculationShare, memory.Budget / 4);
        gate.Speculations += batch is null ? 0 : 1;
        return batch;
    }

    private BlockBatch? Take(ServerGate gate, BlockFetch oldest, QueueLane lane, int most, long allowedBytes)
    {
        long blockBytes = oldest.Volume.BlockBytes(oldest.Key);
        long fitting = (allowedBytes - _onTheirWay) / blockBytes;
        if (fitting < 1)
        {
            // A block larger than its part of the budget goes alone, when nothing else is on its way.
            if (lane == QueueLane.Speculation || _onTheirWay > 0)
            {
                return null;
            }

            fitting = 1;
        }

        int count = (int)Math.Min(Math.Min(most, fitting), gate.Size.For(lane, blockBytes, options.MaxBatchBytes));
        int stripes = lane == QueueLane.Speculation ? gate.SpeculationStripes : 1;
        int run = (int)Math.Max(StripeBytes / blockBytes, 1);
        return new BlockBatch(gate, lane, gate.Queue.Take(oldest.Key.Image, lane, count, stripes, run), blockBytes, memory, outcome);
    }
}
