using DataStoreFS.Model;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Tree;
using DataStoreFS.WriteBack;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// A block file that is open for writing, or was opened for reading while somebody wrote it. FLUSH sends, and its answer is close()'s.
/// </summary>
/// <remarks>
/// Contract. Counts as one handle of its buffer from construction to <see cref="ReleaseAsync"/>, or <see cref="EndAsync"/> of a mount that is gone.
/// </remarks>
internal sealed class BlockFile(BlockWriting writing, BlockReader reader, Node node, BlockWriteBuffer buffer, bool canWrite) : IOpenFile
{
    private volatile bool _refused; // what is in the buffer can never be sent; said once
    private volatile bool _changed; // by this handle, since its last flush
    private volatile bool _wasFlushed; // some descriptor of it was closed

    public ValueTask<Errno> ReadAsync(ReadOp op) =>
        buffer.TryRead(op.Offset, op.Buffer.Span, out int count) ? new(op.Reply(count)) : reader.ReadAsync(op, node);

    public async ValueTask<Errno> WriteAsync(WriteOp op)
    {
        if (!canWrite)
        {
            return Errno.EBADF;
        }

        try
        {
            writing.RequireRoom(op.Offset + op.Data.Length);
            int length = op.Data.Length;
            writing.Expected.Observe(node, op.Offset, length);
            while (!TryAdopt(op, length) && !buffer.TryWrite(op.Offset, op.Data.Span))
            {
                await LoadBaseAsync(op.Request.Interrupted).ConfigureAwait(false);
            }

            _refused = false;
            _changed = true;
            return op.Reply(length);
        }
        catch (DataStoreException fault)
        {
            return writing.Refuse(node, ErrnoMap.Of(fault.Kind), fault.Message);
        }
    }

    public async ValueTask<Errno> SetSizeAsync(long size, CancellationToken cancellationToken)
    {
        if (!canWrite)
        {
            return Errno.EBADF;
        }

        try
        {
            while (!buffer.TryTruncate(size))
            {
                await LoadBaseAsync(cancellationToken).ConfigureAwait(false);
            }

            _refused = false;
            _changed = true;
            return Errno.OK;
        }
        catch (DataStoreException fault)
        {
            return writing.Refuse(node, ErrnoMap.Of(fault.Kind), fault.Message);
        }
    }

    public async ValueTask<Errno> FlushAsync(FlushOp op)
    {
        if (!canWrite)
        {
            return Errno.OK;
        }

        return await FlushAsync(op.Request.Interrupted).ConfigureAwait(false);
    }

    /// <summary>What close() asks for.</summary>
    public async ValueTask<Errno> FlushAsync(CancellationToken cancellationToken)
    {
        _wasFlushed = true;
        _changed = false;
        Errno result = await SendAsync(
            () => writing.Saver.SaveAsync(buffer, writing.Volume, writing.KeyOf(node), cancellationToken)).ConfigureAwait(false);
        if (_refused)
        {
            // Who opens it from now on must see what the server has, not what it would not take.
            buffer.SetAside();
            await writing.DropPagesAsync(node).ConfigureAwait(false);
        }
        else if (buffer.IsUnlinked)
        {
            // The kernel has one set of pages for the block, and this handle has written into it what is not the block's any more.
            await writing.DropPagesAsync(node).ConfigureAwait(false);
        }
        else if (buffer.Length == 0 && writing.IsNew(node))
        {
            buffer.SetAside(); // N5 opens files for writing to lock or delete them
        }
        else if (result == Errno.OK && writing.IsConverted(node, buffer) && buffer.TryDropSaved())
        {
            // The kernel sends RELEASE when close() has its answer already (fs/fuse/file.c fuse_file_put): whoever opens the file next must not see
            // the compressed bytes, nor write raw ones over them.
            await writing.DropPagesAsync(node).ConfigureAwait(false);
        }

        return result;
    }

    public async ValueTask<Errno> FsyncAsync(FsyncOp op) => canWrite
        ? await SendAsync(() => writing.Saver.SyncAsync(buffer, writing.Volume, writing.KeyOf(node), op.Request.Interrupted)).ConfigureAwait(false)
        : await writing.SyncAsync(node, op.Request.Interrupted).ConfigureAwait(false);

    public ValueTask ReleaseAsync() => CloseAsync(sends: true);

    // Who was cut off while writing has perhaps written half of the block, and the server has the whole of the one before. A descriptor that was
    // closed before tells that this was a shared mapping, of which the last pages came just before the mount went.
    public ValueTask EndAsync(bool isUnmounted) => CloseAsync(sends: isUnmounted && _wasFlushed);

    private async ValueTask CloseAsync(bool sends)
    {
        // What a shared mapping wrote after close(). Not what another handle is writing just now: the next open may come before this, and half a
        // block would be sent. Nor what could not be sent at close(): its closer was told, and it is in the journal; again, it would come after what
        // is newer.
        if (canWrite && _changed && buffer.ChangedSinceFlush && !_refused)
        {
            if (sends)
            {
                await SendAsync(
                    () => writing.Saver.SaveAsync(buffer, writing.Volume, writing.KeyOf(node), CancellationToken.None)).ConfigureAwait(false);
            }
            else
            {
                writing.Refuse(node, Errno.EIO, "was being written when the mount was cut off; what was not closed is not sent, write it again");
            }
        }

        (long? length, bool stale) = (buffer.Length, buffer.IsDirty || buffer.WasRead);
        if (writing.Buffers.Close(buffer, canWrite))
        {
            writing.BecameServers(node, length, stale);
        }
    }

    // A whole block was read into memory of the pool: it need not be copied there.
    private bool TryAdopt(WriteOp op, int length)
    {
        if (op.Offset > 0 || !buffer.CanAdopt(length) || op.TakeMemory() is not ExpectedWrites.Memory memory)
        {
            return false;
        }

        buffer.Adopt(memory.Take());
        return true;
    }

    private async ValueTask<Errno> SendAsync(Func<Task> send)
    {
        try
        {
            await send().ConfigureAwait(false);
            return Errno.OK;
        }
        catch (DataStoreException fault)
        {
            _refused = fault.Kind is DataStoreErrorKind.InvalidData or DataStoreErrorKind.NotPermitted;
            return ErrnoMap.Of(fault.Kind);
        }
    }

    private ValueTask LoadBaseAsync(CancellationToken cancellationToken) =>
        buffer.NeedsBase ? writing.LoadBaseAsync(node, buffer, cancellationToken) : ValueTask.CompletedTask;
}
