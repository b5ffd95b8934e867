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
/// </remarks>
internal sealed class BlockBatcher : IAsyncDisposable
{
    // What a request is worth to the server besides its bytes, so that answers of missing blocks count as work too.
    private const int WorkPerBlock = 4096;

    private readonly Lock _gate = new();
    private readonly RequestPlanner _planner;
    private readonly CancellationTokenSource _end = new();
    private readonly MemoryTier _memory;
    private readonly IFetchOutcome _outcome;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _requests;
    private long _blocks;
    private int _running;
    private bool _ending;

    public BlockBatcher(MemoryTier memory, IFetchOutcome outcome, BlockStoreOptions options, TimeProvider time)
    {
        _memory = memory;
        _outcome = outcome;
        _time = time;
        _planner = new RequestPlanner(memory, options, outcome);
    }

    public (long Requests, long Blocks, int Concurrency, int BatchSize) Statistics
    {
        get
        {
            lock (_gate)
            {
                int concurrency = _planner.Servers.Select(s => s.Limit.Current).DefaultIfEmpty().Max();
                return (_requests, _blocks, concurrency, _planner.Servers.Select(s => s.Size.Current).DefaultIfEmpty().Max());
            }
        }
    }

    /// <summary>Sees to it that the block is fetched; its outcome comes later, or before this returns.</summary>
    /// <param name="fetch">The block's fetch.</param>
    /// <param name="send">False: others follow, and then <see cref="Pump"/>.</param>
    public void Enqueue(BlockFetch fetch, bool send = true)
    {
        bool ending;
        lock (_gate)
        {
            ending = _ending;
            if (!ending)
            {
                _planner.GateOf(fetch).Queue.Add(fetch, fetch.Demanded ? QueueLane.Demand : QueueLane.Speculation);
            }
        }

        if (ending)
        {
            _outcome.Failed(fetch, Ended(fetch));
        }
        else if (send)
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

            ServerQueue queue = _planner.GateOf(fetch).Queue;
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

            _planner.GateOf(fetch).Queue.Remove(fetch);
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
            foreach (ServerGate server in _planner.Servers)
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

    /// <summary>Sends what waits, as far as there is room.</summary>
    public void Pump()
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
        double now = _time.GetElapsedTime(0).TotalSeconds;
        IReadOnlyList<BlockFetch> hopeless = [];
        TimeSpan effort = batch.Effort;
        bool ending, last;
        lock (_gate)
        {
            ServerGate gate = batch.Gate;
            _planner.Ended(batch);
            ending = _ending;
            foreach (BlockFetch left in ending ? [] : batch.Left)
            {
                left.Alone = true;
                gate.Queue.Add(left, left.Demanded ? QueueLane.Demand : QueueLane.Speculation);
            }

            if (batch.Overloaded)
            {
                gate.Limit.Failed();
                hopeless = gate.Queue.TakeBegunBefore(batch.Sent);
            }
            else
            {
                bool queued = gate.Queue.Demanded + gate.Queue.Speculated > 0;
                double took = _time.GetElapsedTime(batch.Sent).TotalSeconds;
                gate.Answered(now, batch.Received, took, effort);
                gate.Limit.Completed(now, batch.Received + ((long)batch.Count * WorkPerBlock), queued);
                gate.Size.Observe(batch.Count, took);
            }

            last = --_running == 0 && ending;
        }

        foreach (BlockFetch fetch in hopeless)
        {
            _outcome.Failed(fetch, batch.Fault!);
        }

        foreach (BlockFetch fetch in ending ? batch.Left : [])
        {
            _outcome.Failed(fetch, Ended(fetch));
        }

        if (last)
        {
            _idle.TrySetResult();
        }
    }

    private BlockBatch? TakeNext()
    {
        lock (_gate)
        {
            BlockBatch? batch = _ending ? null : _planner.Next();
            if (batch is not null)
            {
                _running++;
                _requests++;
                _blocks += batch.Count;
            }

            return batch;
        }
    }
}
