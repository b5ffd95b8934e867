using DataStoreFS.Caching;
using DataStoreFS.Model;

namespace DataStoreFS.Blocks;

/// <summary>
/// Turns single blocks into requests, without timers: an idle server is asked at once; while its connections are busy, what is asked for queues up,
/// and a connection that becomes free takes what waits for one image.
/// </summary>
/// <remarks>
/// All queues, counts and learnt figures of all servers are under one leaf lock. Sending and outcomes happen outside of it, on the thread that
/// queued the block or that finished reading an answer, so a miss costs no hop to another thread.
/// Bytes on their way are bounded to half the memory budget (speculation to a quarter): beyond that, requests wait in the queue.
/// </remarks>
internal sealed class BlockBatcher : IAsyncDisposable
{
    // What a request is worth to the server besides its bytes, so that answers of missing blocks count as work too.
    private const int WorkPerBlock = 4096;

    private readonly Lock _gate = new();
    private readonly List<ServerGate> _servers = [];
    private readonly CancellationTokenSource _end = new();
    private readonly MemoryTier _memory;
    private readonly BlockStoreOptions _options;
    private readonly IFetchOutcome _outcome;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _onTheirWay;
    private long _requests;
    private long _blocks;
    private int _running;
    private int _turn;
    private bool _ending;

    public BlockBatcher(MemoryTier memory, IFetchOutcome outcome, BlockStoreOptions options, TimeProvider time)
    {
        _memory = memory;
        _outcome = outcome;
        _options = options;
        _time = time;
    }

    public (long Requests, long Blocks, int Concurrency, int BatchSize) Statistics
    {
        get
        {
            lock (_gate)
            {
                int concurrency = _servers.Count == 0 ? 0 : _servers.Max(s => s.Limit.Current);
                return (_requests, _blocks, concurrency, _servers.Count == 0 ? 0 : _servers.Max(s => s.Size.Current));
            }
        }
    }

    /// <summary>Sees to it that the block is fetched; its outcome comes later, or before this returns.</summary>
    public void Enqueue(BlockFetch fetch)
    {
        bool ending;
        lock (_gate)
        {
            ending = _ending;
            if (!ending)
            {
                Server(fetch).Queue.Add(fetch, fetch.Demanded ? QueueLane.Demand : QueueLane.Speculation);
            }
        }

        if (ending)
        {
            _outcome.Failed(fetch, Ended(fetch));
        }
        else
        {
            Pump();
        }
    }

    /// <summary>Somebody now waits for a block that was to be fetched ahead of need.</summary>
    public void Promote(BlockFetch fetch)
    {
        lock (_gate)
        {
            if (fetch.Ticket.Lane != QueueLane.Speculation)
            {
                return;
            }

            ServerQueue queue = Server(fetch).Queue;
            queue.Remove(fetch);
            queue.Add(fetch, QueueLane.Demand);
        }

        Pump();
    }

    /// <summary>Takes a fetch back that nobody waits for.</summary>
    /// <returns>False when it is not in a queue: not yet, or already sent.</returns>
    public bool Withdraw(BlockFetch fetch)
    {
        lock (_gate)
        {
            if (fetch.Ticket.Lane == QueueLane.None)
            {
                return false;
            }

            Server(fetch).Queue.Remove(fetch);
            return true;
        }
    }

    /// <summary>Fails what is queued, cancels what is under way, and waits until all of it has its outcome.</summary>
    public async ValueTask DisposeAsync()
    {
        List<BlockFetch> left = [];
        lock (_gate)
        {
            if (_ending)
            {
                return;
            }

            _ending = true;
            foreach (ServerGate server in _servers)
            {
                while ((server.Queue.OldestDemand ?? server.Queue.OldestSpeculation) is { } fetch)
                {
                    server.Queue.Remove(fetch);
                    left.Add(fetch);
                }
            }

            if (_running == 0)
            {
                _idle.TrySetResult();
            }
        }

        foreach (BlockFetch fetch in left)
        {
            _outcome.Failed(fetch, Ended(fetch));
        }

        await _end.CancelAsync().ConfigureAwait(false);
        await _idle.Task.ConfigureAwait(false);
        _end.Dispose();
    }

    private static DataStoreException Ended(BlockFetch fetch) =>
        new(DataStoreErrorKind.Unreachable, $"block {fetch.Key} is not read: the mount ends");

    private void Pump()
    {
        while (TakeNext() is { } batch)
        {
            _memory.Reserve(batch.ReservedBytes);
            batch.Sent = _time.GetTimestamp();
            Task run = batch.RunAsync(_end.Token);
            if (run.IsCompleted)
            {
                Finish(batch);
            }
            else
            {
                _ = FinishLaterAsync(run, batch);
            }
        }
    }

    private async Task FinishLaterAsync(Task run, BlockBatch batch)
    {
        await run.ConfigureAwait(false);
        Finish(batch);
        Pump();
    }

    private void Finish(BlockBatch batch)
    {
        double seconds = _time.GetElapsedTime(0).TotalSeconds;
        double took = _time.GetElapsedTime(batch.Sent).TotalSeconds;
        lock (_gate)
        {
            ServerGate gate = batch.Gate;
            gate.Demands -= batch.Lane == QueueLane.Demand ? 1 : 0;
            gate.Speculations -= batch.Lane == QueueLane.Speculation ? 1 : 0;
            _onTheirWay -= batch.ReservedBytes;
            if (batch.Overloaded)
            {
                gate.Limit.Failed();
            }
            else
            {
                gate.Limit.Completed(seconds, batch.Received + ((long)batch.Count * WorkPerBlock), gate.Queue.Demanded + gate.Queue.Speculated > 0);
                gate.Size.Observe(batch.Count, took);
            }

            if (--_running == 0 && _ending)
            {
                _idle.TrySetResult();
            }
        }
    }

    private BlockBatch? TakeNext()
    {
        lock (_gate)
        {
            for (int i = 0; i < _servers.Count && !_ending; i++)
            {
                ServerGate gate = _servers[(int)((uint)_turn++ % (uint)_servers.Count)];
                if ((TakeDemand(gate) ?? TakeSpeculation(gate)) is { } batch)
                {
                    _running++;
                    _requests++;
                    _blocks += batch.Count;
                    _onTheirWay += batch.ReservedBytes;
                    return batch;
                }
            }

            return null;
        }
    }

    // Free connections share what waits, so that a burst of readers is not queued up behind one long answer.
    private BlockBatch? TakeDemand(ServerGate gate)
    {
        if (gate.Queue.OldestDemand is not { } oldest || !gate.HasRoomForDemand)
        {
            return null;
        }

        int share = (gate.Queue.Demanded + gate.Free - 1) / gate.Free;
        BlockBatch? batch = Take(gate, oldest, QueueLane.Demand, share, _memory.Budget / 2);
        gate.Demands += batch is null ? 0 : 1;
        return batch;
    }

    private BlockBatch? TakeSpeculation(ServerGate gate)
    {
        if (gate.Queue.OldestSpeculation is not { } oldest || !gate.HasRoomForSpeculation)
        {
            return null;
        }

        BlockBatch? batch = Take(gate, oldest, QueueLane.Speculation, int.MaxValue, _memory.Budget / 4);
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

        int count = (int)Math.Min(Math.Min(most, fitting), gate.Size.For(lane, blockBytes, _options.MaxBatchBytes));
        return new BlockBatch(gate, lane, gate.Queue.Take(oldest.Key.Image, lane, count), blockBytes, _memory, _outcome);
    }

    private ServerGate Server(BlockFetch fetch)
    {
        string server = fetch.Volume.Client.Server;
        foreach (ServerGate known in _servers)
        {
            if (string.Equals(known.Server, server, StringComparison.Ordinal))
            {
                return known;
            }
        }

        ServerGate gate = new(server, _options.MaxConcurrency);
        _servers.Add(gate);
        return gate;
    }
}
