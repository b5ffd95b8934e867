using DataStoreFS.Model;

namespace DataStoreFS.Blocks;

/// <summary>What a prefetcher may do to a block store.</summary>
public interface IBlockPrefetch
{
    /// <summary>
    /// Fetches a block that somebody will probably ask for, when the server has nothing better to do. A later <see cref="IBlockStore.GetAsync"/> for
    /// it moves it ahead. Returns at once.
    /// </summary>
    /// <param name="key">The block.</param>
    /// <param name="more">Another call follows at once, so that the blocks can share a request: nothing is sent before the one that says
    /// false.</param>
    PrefetchReply Prefetch(in BlockKey key, bool more = false);

    /// <summary>How far away the server of a block is; zero when that is not known.</summary>
    TimeSpan DistanceOf(in BlockKey key);

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
