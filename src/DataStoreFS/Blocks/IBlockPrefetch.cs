using DataStoreFS.Model;

namespace DataStoreFS.Blocks;

/// <summary>What a prefetcher may do to a block store.</summary>
public interface IBlockPrefetch
{
    /// <summary>
    /// Fetches a block that somebody will probably ask for, when the server has nothing better to do. A later <see cref="IBlockStore.GetAsync"/> for it
    /// moves it ahead. Returns at once.
    /// </summary>
    PrefetchReply Prefetch(in BlockKey key);

    /// <summary>How many more would be taken now.</summary>
    int PrefetchRoom { get; }
}

public enum PrefetchReply
{
    Begun,

    /// <summary>It is here or on its way already, or cannot be fetched.</summary>
    Known,

    /// <summary>Refused because too much is under way: predict less.</summary>
    Full,
}
