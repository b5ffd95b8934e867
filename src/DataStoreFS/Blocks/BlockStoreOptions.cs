namespace DataStoreFS.Blocks;

/// <summary>What a user may turn. Immutable.</summary>
public sealed record BlockStoreOptions
{
    /// <summary>Bytes of blocks in memory, cached and on their way together.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>
    /// How long a block of a version that may change is good: zero asks always, <see cref="TimeSpan.MaxValue"/> never again. A numbered version
    /// that is not the newest does not change.
    /// </summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The same for "there is no such block", never longer than <see cref="MaxAge"/>: a pipeline that asks whether a block is done wants to see it
    /// soon after another node has written it.
    /// </summary>
    public TimeSpan MissingMaxAge { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests to one server at the same time at most; how many are good for it is learnt below this.</summary>
    public int MaxConcurrency { get; init; } = 32;

    /// <summary>
    /// Bytes of one request's blocks at most, so that its first byte is not late: the original server decodes all before it sends any. Enough for
    /// eight blocks of 512 KiB with their headers; what is fetched ahead of need may be twice as much.
    /// </summary>
    public long MaxBatchBytes { get; init; } = 5L << 20;

    /// <summary>Blocks that wait to be fetched ahead; more are refused.</summary>
    public int SpeculationQueue { get; init; } = 1024;
}
