namespace DataStoreFS.Transfer;

/// <summary>How far a transfer is, to be looked at from any thread at any time.</summary>
public sealed class TransferCounters
{
    private long _total;
    private long _done;
    private long _skipped;
    private long _bytes;

    /// <summary>Blocks to be copied (push), or grid positions to be asked for (pull); 0 until it is known.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>Of <see cref="Total"/>, those that are done, skipped ones included.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>Of <see cref="Done"/>, those that an earlier run had done.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Voxels sent or received in this run, unpacked.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    // The rest is for whoever does the transfer.
    public void Expect(long total) => Volatile.Write(ref _total, total);

    public void Skip(long blocks)
    {
        Interlocked.Add(ref _skipped, blocks);
        Interlocked.Add(ref _done, blocks);
    }

    public void Complete(long blocks, long bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _done, blocks);
    }
}
