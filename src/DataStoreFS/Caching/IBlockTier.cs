using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Caching;

/// <summary>A slower, larger place for blocks below the memory tier: the disk tier. Faults of a tier are misses, never errors of a read.</summary>
public interface IBlockTier
{
    /// <summary>The block if the tier has it and it is fresh enough. The caller takes the reference in the answer.</summary>
    /// <param name="key">The block.</param>
    /// <param name="urgent">A program waits for it: goes before those that nobody waits for.</param>
    /// <param name="cancellationToken">May be ignored once reading has begun.</param>
    ValueTask<TierAnswer> ReadAsync(BlockKey key, bool urgent, CancellationToken cancellationToken);

    /// <summary>
    /// Offers what the server sent; null means that it has no such block. Returns at once: the tier takes a reference of its own if it wants
    /// to keep the block, and writes in the background.
    /// </summary>
    /// <param name="key">The block.</param>
    /// <param name="block">Its image, of the level's nominal size.</param>
    /// <param name="fetched">
    /// When it was <em>asked for</em>, not when it arrived: an answer that left the server before a change and came after it is older than the
    /// change.
    /// </param>
    void Keep(in BlockKey key, BlockBuffer? block, DateTimeOffset fetched);

    /// <summary>
    /// Where a tier that has fallen behind finds a block that it was offered: in memory, if it is still there. The receiver releases what it
    /// gets. Set once, before use.
    /// </summary>
    Func<BlockKey, BlockBuffer?>? Memory { set; }

    /// <summary>The block has changed: what the tier holds of it, or is about to write, must not be read again.</summary>
    void Drop(in BlockKey key);

    /// <summary>What was asked for before now is not to be read again, in this process and in later ones: the user asked for a refresh.</summary>
    void DropVolume(int volume);

    /// <summary>The same for a dataset of the same server, whether one of its versions was added or not.</summary>
    void DropDataset(string uuid);
}

/// <param name="Known">Whether the tier knows about this block.</param>
/// <param name="Block">The block, or null when the server is known to have none (or <paramref name="Known"/> is false).</param>
/// <param name="Fetched">When the server was asked for it.</param>
public readonly record struct TierAnswer(bool Known, BlockBuffer? Block, DateTimeOffset Fetched);
