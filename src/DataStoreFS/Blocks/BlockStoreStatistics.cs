using DataStoreFS.Caching;

namespace DataStoreFS.Blocks;

/// <summary>What a block store has done since it was made, and what it has learnt.</summary>
/// <param name="Memory">Hits, misses, evictions, and how speculation fared.</param>
/// <param name="MemoryOccupied">Bytes of blocks in memory and on their way.</param>
/// <param name="MemoryBudget">Of which at most.</param>
/// <param name="Requests">Sent to servers.</param>
/// <param name="Blocks">Asked for in them.</param>
/// <param name="OnTheirWay">Blocks being fetched now, queued or sent.</param>
/// <param name="Concurrency">Requests at a time that the busiest server is given.</param>
/// <param name="BatchSize">Blocks a request at most, as learnt.</param>
public readonly record struct BlockStoreStatistics(
    MemoryTierStatistics Memory, long MemoryOccupied, long MemoryBudget, long Requests, long Blocks, int OnTheirWay, int Concurrency, int BatchSize);
