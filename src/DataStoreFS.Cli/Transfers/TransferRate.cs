using DataStoreFS.Transfer;

namespace DataStoreFS.Cli.Transfers;

/// <summary>How fast a transfer is, and how long it will take, from what the last seconds were like. Used by one thread.</summary>
internal sealed class TransferRate(TransferCounters counters, TimeProvider time)
{
    // Long enough for several requests to a slow server, short enough to follow a change.
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(20);

    private readonly Queue<(long At, long Done, long Bytes)> _samples = new();

    /// <summary>Voxels a second; 0 before there is anything to tell.</summary>
    public double BytesPerSecond { get; private set; }

    /// <summary>Null while nothing can be told.</summary>
    public TimeSpan? Left { get; private set; }

    /// <summary>Looks at the counters.</summary>
    public void Sample()
    {
        // Blocks that an earlier run had done pass at once and say nothing of the speed.
        (long At, long Done, long Bytes) now = (time.GetTimestamp(), counters.Done - counters.Skipped, counters.Bytes);
        _samples.Enqueue(now);
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().At, now.At) > s_window)
        {
            _samples.Dequeue();
        }

        (long At, long Done, long Bytes) then = _samples.Peek();
        double seconds = time.GetElapsedTime(then.At, now.At).TotalSeconds;
        if (seconds <= 0)
        {
            return;
        }

        BytesPerSecond = (now.Bytes - then.Bytes) / seconds;
        double blocksPerSecond = (now.Done - then.Done) / seconds;
        double left = (counters.Total - counters.Done) / blocksPerSecond;
        Left = blocksPerSecond > 0 && left < TimeSpan.FromDays(1000).TotalSeconds ? TimeSpan.FromSeconds(left) : null;
    }
}
