namespace DataStoreFS.Mounting.Files;

/// <summary>How often a READ of a block was answered from memory, and how often it had to wait.</summary>
internal sealed class ReadCounters
{
    private long _hits;
    private long _misses;

    public long Hits => Interlocked.Read(ref _hits);

    public long Misses => Interlocked.Read(ref _misses);

    public void Hit() => Interlocked.Increment(ref _hits);

    public void Miss() => Interlocked.Increment(ref _misses);
}
