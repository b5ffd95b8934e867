using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Blocks;

/// <summary>One request for blocks of one image. Each block is handed on as its frame completes.</summary>
/// <remarks>
/// Contract. Room for all its blocks is reserved in the memory tier before it is sent. The reservation of a block is given back when the block is
/// handed on (who keeps it makes room for it again), has failed, or is left; every fetch ends in exactly one of the three.
/// </remarks>
internal sealed class BlockBatch(
    ServerGate gate, QueueLane lane, BlockFetch[] fetches, long blockBytes, MemoryTier memory, IFetchOutcome outcome) : IBlockSink
{
    private int _done;

    public ServerGate Gate => gate;

    public QueueLane Lane => lane;

    public int Count => fetches.Length;

    public long ReservedBytes => fetches.Length * blockBytes;

    /// <summary>When it was sent; set by who sends it.</summary>
    public long Sent { get; set; }

    /// <summary>How long the server works before it answers, as far as it is known.</summary>
    public TimeSpan Effort => fetches[0].Volume.Client.Effort;

    /// <summary>Bytes that came.</summary>
    public long Received { get; private set; }

    /// <summary>Why blocks of it failed; null when all came.</summary>
    public DataStoreException? Fault { get; private set; }

    /// <summary>
    /// Blocks that have no outcome, because the server would not answer for all: one of them may be at fault (the original answers 500 for all when
    /// one file is broken). Each is to be asked for alone; their reservations have been given back.
    /// </summary>
    public IReadOnlyList<BlockFetch> Left { get; private set; } = [];

    /// <summary>The server did not get it done in time: it is asked too much at once. A refusal or a broken block says nothing of that.</summary>
    public bool Overloaded => Fault?.Kind == DataStoreErrorKind.Timeout;

    /// <summary>Sends it. Completes when every fetch has its outcome or is <see cref="Left"/>; never fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        DataStoreException? fault = null;
        try
        {
            Volume volume = fetches[0].Volume;
            await volume.Client.ReadBlocksAsync(volume.Address(fetches[0].Key.Image), Requests(), this, cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException e)
        {
            fault = e;
        }
        catch (OperationCanceledException e)
        {
            fault = new DataStoreException(DataStoreErrorKind.Unreachable, $"reading from {gate.Server} was given up: the mount ends", e);
        }
        catch (Exception e)
        {
            // A fault of this program. Whoever waits must hear of it all the same, or waits for ever.
            fault = new DataStoreException(
                DataStoreErrorKind.Local, $"reading from {gate.Server} failed unexpectedly: {e.GetType().Name}: {e.Message}", e);
        }

        if (_done == fetches.Length)
        {
            return;
        }

        fault ??= new DataStoreException(DataStoreErrorKind.Protocol, $"{gate.Server} left out {fetches.Length - _done} of {fetches.Length} blocks");
        if (fetches.Length > 1 && fault is { IsAnswer: true, Kind: not DataStoreErrorKind.Unauthorized })
        {
            Left = fetches[_done..];
            memory.Unreserve(blockBytes * Left.Count);
            return;
        }

        Fault = fault;
        while (_done < fetches.Length)
        {
            memory.Unreserve(blockBytes);
            outcome.Failed(fetches[_done++], fault);
        }
    }

    public void Deliver(int index, BlockBuffer? block, Size3 storedSize)
    {
        _done = index + 1;
        Received += block?.Length ?? 0;
        memory.Unreserve(blockBytes);
        outcome.Arrived(fetches[index], block);
    }

    private BlockRequest[] Requests()
    {
        BlockRequest[] requests = new BlockRequest[fetches.Length];
        for (int i = 0; i < requests.Length; i++)
        {
            requests[i] = fetches[i].Request;
        }

        return requests;
    }
}
