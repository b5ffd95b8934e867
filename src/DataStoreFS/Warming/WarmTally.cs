using DataStoreFS.Model;
using DataStoreFS.Transfer;

namespace DataStoreFS.Warming;

/// <summary>Counts outcomes, from any thread, and says when it is no use to go on.</summary>
/// <param name="counters">Hears of every block.</param>
/// <param name="giveUp">Cancelled when the rest would fail alike.</param>
internal sealed class WarmTally(TransferCounters counters, CancellationTokenSource giveUp)
{
    // A server that cannot read some blocks is worth going on with; one that refuses that many is not, nor is a disk that takes none.
    private const int MostFaults = 100;

    private long _fetched;
    private long _present;
    private long _missing;
    private long _failed;
    private DataStoreException? _first;
    private DataStoreException? _fatal;

    /// <summary>Why the run has to end.</summary>
    public DataStoreException? Fatal => Volatile.Read(ref _fatal);

    public void Present()
    {
        Interlocked.Increment(ref _present);
        counters.Skip(1);
    }

    public void Fetched(long bytes)
    {
        Interlocked.Increment(ref _fetched);
        counters.Complete(1, bytes);
    }

    public void Missing()
    {
        Interlocked.Increment(ref _missing);
        counters.Complete(1, 0);
    }

    public void Failed(DataStoreException fault)
    {
        Interlocked.CompareExchange(ref _first, fault, null);
        bool everywhere = fault.Kind is DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout or DataStoreErrorKind.Unauthorized;
        if (Interlocked.Increment(ref _failed) >= MostFaults || everywhere)
        {
            GiveUp(fault);
        }
    }

    public void GiveUp(DataStoreException reason)
    {
        if (Interlocked.CompareExchange(ref _fatal, reason, null) is null)
        {
            giveUp.Cancel();
        }
    }

    /// <param name="missingKept">See <see cref="WarmResult"/>.</param>
    /// <param name="lost">Likewise.</param>
    /// <param name="evicted">Likewise.</param>
    public WarmResult Result(bool? missingKept, long lost, long evicted) =>
        new(_fetched, counters.Bytes, _present, _missing, missingKept, lost, _failed, _first, evicted);
}
