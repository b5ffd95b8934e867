namespace DataStoreFS.Caching;

/// <summary>What a memory tier has done since it was made.</summary>
public readonly record struct MemoryTierStatistics
{
    public long Hits { get; init; }
    public long Misses { get; init; }
    public long Evictions { get; init; }

    /// <summary>Blocks that came before they were asked for, and then were.</summary>
    public long SpeculationHits { get; init; }

    /// <summary>Blocks that came before they were asked for, and left unused.</summary>
    public long SpeculationWaste { get; init; }

    /// <summary>Kept now.</summary>
    public long Blocks { get; init; }

    /// <summary>Kept now.</summary>
    public long Bytes { get; init; }
}
