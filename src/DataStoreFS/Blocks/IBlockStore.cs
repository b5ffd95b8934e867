using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Blocks;

/// <summary>The one door to voxels.</summary>
public interface IBlockStore
{
    /// <summary>Answers from memory only: the hot path. No allocation, no await.</summary>
    /// <param name="key">Inside its level's grid.</param>
    /// <param name="block">On <see cref="BlockPresence.Present"/>: a reference that the caller releases.</param>
    BlockPresence TryGet(in BlockKey key, out BlockBuffer? block);

    /// <summary>
    /// The block, fetched if need be; one request however many ask. Null when the server has none.
    /// The caller releases the reference it gets. Cancelling frees this caller only; others that wait are not disturbed.
    /// </summary>
    /// <exception cref="DataStoreException">The fault that kept it from being read.</exception>
    ValueTask<BlockBuffer?> GetAsync(BlockKey key, CancellationToken cancellationToken);

    /// <summary>
    /// How much longer a missing block may be taken for missing: zero when it is not known, or not known any more, to be missing;
    /// <see cref="TimeSpan.MaxValue"/> when nothing can change that.
    /// </summary>
    TimeSpan MissingFor(in BlockKey key);

    /// <summary>Forgets everything that was fetched, so that the next read asks the server.</summary>
    void Refresh();
}

public enum BlockPresence
{
    /// <summary>Not in memory: ask <see cref="IBlockStore.GetAsync"/>.</summary>
    Unknown,
    Present,

    /// <summary>The server is known to have no such block.</summary>
    Missing,
}
