using DataStoreFS.N5;

namespace DataStoreFS.Remote;

/// <summary>The writing half of the DataStore protocol: whole blocks, several of one image in one POST.</summary>
public interface IBlockWriter
{
    /// <summary>
    /// One POST: the frames of <paramref name="blocks"/> in the order given. Completes when the server has answered 200. Any other outcome
    /// leaves an unknown prefix of the blocks written, so the caller sends the whole batch again (writing a block twice is harmless).
    /// The blocks' references stay with the caller, who keeps them alive until the task ends.
    /// </summary>
    /// <remarks>
    /// No retries of its own: who writes knows what may wait. Never asked for <c>mixedLatest</c>; all blocks lie inside their level's grid and
    /// have the size that the grid says.
    /// </remarks>
    /// <exception cref="DataStoreFS.Model.DataStoreException"> <c>Refused</c>: a 4xx that would be the same next time (413 and 414 too; smaller
    /// batches may pass). <c>Unauthorized</c>: 401, 403. <c>Unreachable</c>: no connection, cut short, or 5xx. <c>Timeout</c>: no answer in time.
    /// <c>Protocol</c>: an answer that cannot be. </exception>
    Task WriteBlocksAsync(ImageAddress image, IReadOnlyList<BlockWrite> blocks, CancellationToken cancellationToken);
}

/// <summary>One block to write.</summary>
/// <param name="X">Grid position.</param>
/// <param name="Y">Grid position.</param>
/// <param name="Z">Grid position.</param>
/// <param name="Block">Header and voxels; the last 12 header bytes and the payload are the frame that is sent.</param>
public readonly record struct BlockWrite(int X, int Y, int Z, BlockBuffer Block);
