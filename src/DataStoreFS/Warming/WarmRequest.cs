using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.Remote;

namespace DataStoreFS.Warming;

/// <summary>What is to be fetched, and into which disk cache. Immutable.</summary>
public sealed record WarmRequest
{
    /// <summary>Names a dataset.</summary>
    public required SourceAddress Source { get; init; }

    /// <summary>As the mount that is to find the blocks will have it.</summary>
    public required DiskTierOptions Disk { get; init; }

    public ImageFilter Filter { get; init; } = new();

    public RemoteOptions Remote { get; init; } = new();

    /// <summary>
    /// Blocks on disk are fetched again when they are older, unless their version does not change; <see cref="Timeout.InfiniteTimeSpan"/>: never.
    /// </summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Memory for blocks on their way from the server to the disk.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;
}

/// <summary>What a run came to.</summary>
/// <param name="Fetched">Blocks that came from the server.</param>
/// <param name="Bytes">Their voxels.</param>
/// <param name="Present">Blocks that were on disk already, known-missing ones included.</param>
/// <param name="Missing">Blocks that the server does not have, of those it was asked for.</param>
/// <param name="MissingKept">Whether the disk remembers those, so that they are not asked for again; null: not known.</param>
/// <param name="Lost">Blocks that came and that the disk cache did not take.</param>
/// <param name="Failed">Blocks that could not be fetched.</param>
/// <param name="FirstFault">The first reason, null when <paramref name="Failed"/> is 0.</param>
/// <param name="Evicted">Files of the disk cache that had to go for those that came.</param>
public sealed record WarmResult(
    long Fetched, long Bytes, long Present, long Missing, bool? MissingKept, long Lost, long Failed, DataStoreException? FirstFault, long Evicted);
