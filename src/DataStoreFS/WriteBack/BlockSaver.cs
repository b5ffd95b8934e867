using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.WriteBack;

/// <summary>FLUSH, FSYNC and RENAME of block files: decode, check, hand on. Whatever it refuses is in the log with the file and the reason.</summary>
public sealed class BlockSaver(WriteBackEngine engine, NativeBlockPool pool, ILogger log)
{
    /// <summary>
    /// FLUSH. Sends what is new in the buffer and ends with the answer; returns false when nothing is new: a handle that was opened and never
    /// written, or another handle's flush came before. After a failure the content still counts as new, so that fsync or another close try again.
    /// </summary>
    /// <exception cref="DataStoreException">InvalidData, NotPermitted: nothing was sent. Else as
    /// <see cref="WriteBackEngine.WriteAsync"/>.</exception>
    public async Task<bool> SaveAsync(BlockWriteBuffer buffer, VolumeInfo volume, BlockKey key, CancellationToken cancellationToken)
    {
        await buffer.SaveTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using UnsentContent? unsent = buffer.TakeUnsent();
            if (unsent is null)
            {
                return false;
            }

            BlockBuffer block = WrittenBlock.Take(buffer.Name, unsent.Buffer, unsent.Length, volume, key, pool);
            await engine.WriteAsync(key, block, cancellationToken).ConfigureAwait(false);
            buffer.Saved(unsent.Generation);
            return true;
        }
        catch (DataStoreException fault)
        {
            log.LogWarning("Cannot save {File}: {Reason}", buffer.Name, fault.Message);
            throw;
        }
        finally
        {
            buffer.SaveTurn.Release();
        }
    }

    /// <summary>FSYNC: as <see cref="SaveAsync"/>, and in every mode the server has it when this ends.</summary>
    public async Task SyncAsync(BlockWriteBuffer buffer, VolumeInfo volume, BlockKey key, CancellationToken cancellationToken)
    {
        await SaveAsync(buffer, volume, key, cancellationToken).ConfigureAwait(false);
        await engine.SyncAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>RENAME of a finished temporary file onto a block's name: the whole file at once, not to be written any more.</summary>
    /// <param name="name">The block's, for messages.</param>
    /// <param name="file">The whole file; stays the caller's.</param>
    /// <param name="volume">The block's.</param>
    /// <param name="key">Of the block.</param>
    /// <param name="replaced">
    /// What programs write under the block's name now, if any. As with any rename, that is from now on a file without a name: what a flush is sending
    /// comes first, and nothing of it is sent after.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="DataStoreException">As <see cref="SaveAsync"/>; then everything is as it was.</exception>
    public async Task SaveFileAsync(
        string name, BlockBuffer file, VolumeInfo volume, BlockKey key, BlockWriteBuffer? replaced, CancellationToken cancellationToken)
    {
        if (replaced is not null)
        {
            await replaced.SaveTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            BlockBuffer block = WrittenBlock.Take(name, file, file.Length, volume, key, pool);
            await engine.WriteAsync(key, block, cancellationToken).ConfigureAwait(false);
            replaced?.Unlink();
        }
        catch (DataStoreException fault)
        {
            log.LogWarning("Cannot save {File}: {Reason}", name, fault.Message);
            throw;
        }
        finally
        {
            replaced?.SaveTurn.Release();
        }
    }
}
