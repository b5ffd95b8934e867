using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Blocks;

/// <summary>What becomes of fetches.</summary>
internal interface IFetchOutcome
{
    /// <param name="fetch">Done.</param>
    /// <param name="block">Takes the reference; null when the server has no such block.</param>
    void Arrived(BlockFetch fetch, BlockBuffer? block);

    void Failed(BlockFetch fetch, DataStoreException fault);
}
