using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Files;

/// <summary>OPEN, READ and RELEASE of what it handed out, and the end of what is never released.</summary>
internal sealed class OpenHandler(TreeContext context, BlockReader reader)
{
    private readonly HandleTable<IOpenFile> _open = new();

    public FileHandle Add(IOpenFile file) => _open.Add(file);

    /// <summary>Null for handle 0 and for handles that are gone.</summary>
    public IOpenFile? Find(FileHandle handle) => _open.Find(handle);

    public ValueTask<Errno> OpenAsync(OpenOp op)
    {
        if (!context.Tree.TryResolve(op.Node.Value, out Node node))
        {
            return new(Errno.ESTALE);
        }

        if (op.Flags.CanWrite || op.Flags.HasFlag(OpenFlags.Truncate))
        {
            return new(Errno.EROFS);
        }

        if (context.Policy.Stateless)
        {
            return new(op.ReplyStateless());
        }

        return context.Policy.ChecksAtOpen && node.Kind == NodeKind.Block
            ? FetchAsync(op, node)
            : new(op.Reply(default, OpenReply.KeepCache | OpenReply.NoFlush));
    }

    public ValueTask<Errno> ReadAsync(ReadOp op)
    {
        if (op.Handle.Value != 0)
        {
            return _open.Find(op.Handle)?.ReadAsync(op) ?? new(Errno.EBADF);
        }

        if (!context.Tree.TryResolve(op.Node.Value, out Node node))
        {
            return new(Errno.ESTALE);
        }

        return node.Kind == NodeKind.Block ? reader.ReadAsync(op, node)
            : node.IsDirectory ? new(Errno.EISDIR)
            : new(ReadContent(op, context.Tree.ContentOf(node).Span));
    }

    public async ValueTask<Errno> ReleaseAsync(ReleaseOp op)
    {
        if (_open.Remove(op.Handle) is { } file)
        {
            await file.ReleaseAsync().ConfigureAwait(false);
        }

        return Errno.OK;
    }

    /// <summary>The mount is gone: ends what was not released.</summary>
    public Task EndAsync(bool isUnmounted) => Task.WhenAll(_open.RemoveAll().Select(file => file.EndAsync(isUnmounted).AsTask()));

    private static Errno ReadContent(ReadOp op, ReadOnlySpan<byte> content)
    {
        int from = (int)Math.Min(op.Offset, content.Length);
        return op.Reply(content.Slice(from, Math.Min(op.Size, content.Length - from)));
    }

    private async ValueTask<Errno> FetchAsync(OpenOp op, Node node)
    {
        BlockBuffer? block;
        try
        {
            block = await reader.FetchAsync(node, context.KeyOf(node), op.Request.Interrupted).ConfigureAwait(false);
        }
        catch (DataStoreException fault)
        {
            return ErrnoMap.Of(fault.Kind);
        }

        if (block is null && context.TellsMissing)
        {
            return Errno.ENOENT;
        }

        FileHandle handle = _open.Add(new FetchedBlock(reader, node, block));

        // Past the page cache: it is one for all who have the file open, and this handle's block may be older than the next one's. Only mappings
        // use pages, and without KeepCache an open drops those that are left. Shared ones need Linux 6.6, private ones do not (fs/fuse/file.c
        // fuse_file_mmap).
        return op.Reply(handle, OpenReply.NoFlush | OpenReply.DirectIO);
    }
}
