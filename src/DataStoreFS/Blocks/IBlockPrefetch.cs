using DataStoreFS.Model;

namespace DataStoreFS.Blocks;

/// <summary>What a prefetcher may do to a block store.</summary>
public interface IBlockPrefetch
{
    /// <summary>
    /// Fetches a block that somebody will probably ask for, when the server has nothing better to do. A later <see cref="IBlockStore.GetAsync"/> for it
    /// moves it ahead.
    /// </summary>
    /// <returns>False when it was refused because too much is under way: predict less. True also when the block is here already.</returns>
    bool Prefetch(in BlockKey key);

    BlockStoreStatistics Statistics { get; }
}
