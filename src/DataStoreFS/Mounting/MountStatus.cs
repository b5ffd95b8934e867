using DataStoreFS.Caching.Disk;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Mounting;

/// <summary>What a running mount says of itself: the answer to <c>datastorefs status</c>, as JSON with these names in camel case.</summary>
public sealed record MountStatus
{
    public required string Source { get; init; }
    public required string MountPoint { get; init; }
    public required string Version { get; init; }
    public required int ProcessId { get; init; }
    public required double UptimeSeconds { get; init; }
    public required bool ReadWrite { get; init; }

    /// <summary><c>zeros</c> or <c>absent</c>.</summary>
    public required string Missing { get; init; }

    /// <summary>Kernel requests by opcode.</summary>
    public required IReadOnlyDictionary<string, long> Requests { get; init; }

    /// <summary>Bytes answered to READ.</summary>
    public required long BytesRead { get; init; }

    /// <summary>Block reads answered from memory, and those that had to wait for a fetch.</summary>
    public required long MemoryHits { get; init; }
    public required long MemoryMisses { get; init; }

    /// <summary>Native memory that blocks take now, and the budget.</summary>
    public required long CacheBytes { get; init; }
    public required long CacheBudget { get; init; }

    /// <summary>Blocks fetched ahead of programs, and how many of them programs then read.</summary>
    public long Prefetched { get; init; }
    public long PrefetchedUsed { get; init; }

    /// <summary>Requests to the server for blocks, and blocks asked for in them, ahead of programs or not.</summary>
    public long ServerRequests { get; init; }
    public long ServerBlocks { get; init; }

    /// <summary>Null without a disk cache.</summary>
    public DiskTierStatistics? Disk { get; init; }

    /// <summary>Blocks whose pages the kernel may hold (counted in runs of up to 64 neighbours).</summary>
    public required int PageRuns { get; init; }

    /// <summary>Null while the server answers.</summary>
    public OutageStatus? Outage { get; init; }

    /// <summary>Reads that ended with an error since the mount.</summary>
    public required long FailedReads { get; init; }

    /// <summary>Null when blocks cannot be written.</summary>
    public WriteBackStatus? WriteBack { get; init; }
}

/// <param name="Since">When the first request failed.</param>
/// <param name="FailedReads">Reads that failed since then.</param>
/// <param name="Reason">The first fault, in one line.</param>
public sealed record OutageStatus(DateTimeOffset Since, long FailedReads, string Reason);
