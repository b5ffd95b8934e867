namespace LinuxFuse.Samples;

/// <summary>Open files and directories.</summary>
public sealed partial class MemoryFileSystem
{
    private const uint KeepSize = 1;
    private const uint PunchHole = 2;
    private const uint SeekData = 3;

    protected override ValueTask<Errno> OpenAsync(OpenOp op)
    {
        FileHandle handle;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(op.Node, out MemoryNode? node))
                return new(Errno.ENOENT);
            if (op.Flags.HasFlag(OpenFlags.Truncate) && node.Content is { } content)
            {
                content.SetLength(0);
                node.MarkModified();
            }

            handle = _handles.Add(node);
        }

        return new(op.Reply(handle, OpenReply.KeepCache));
    }

    protected override ValueTask<Errno> ReadAsync(ReadOp op)
    {
        int count;
        if (_handles.Find(op.Handle)?.Content is not { } content)
            return new(Errno.EBADF);
        lock (_gate)
            count = content.Read(op.Offset, op.Buffer.Span);
        return new(op.Reply(count));
    }

    protected override ValueTask<Errno> WriteAsync(WriteOp op)
    {
        if (_handles.Find(op.Handle) is not { Content: { } content } node)
            return new(Errno.EBADF);
        lock (_gate)
        {
            content.Write(op.Offset, op.Data.Span);
            node.MarkModified();
        }

        return new(op.Reply(op.Data.Length));
    }

    protected override ValueTask<Errno> FlushAsync(FlushOp op) => new(Errno.OK);

    protected override ValueTask<Errno> FsyncAsync(FsyncOp op) => new(Errno.OK);

    protected override ValueTask<Errno> ReleaseAsync(ReleaseOp op) => new(Close(op));

    protected override ValueTask<Errno> FallocateAsync(FallocateOp op)
    {
        if (_handles.Find(op.Handle) is not { Content: { } content } node)
            return new(Errno.EBADF);
        if ((op.Mode & ~(KeepSize | PunchHole)) != 0)
            return new(Errno.EOPNOTSUPP);
        lock (_gate)
        {
            if ((op.Mode & PunchHole) != 0)
                content.Clear(op.Offset, op.Offset + op.Length);
            if ((op.Mode & KeepSize) == 0)
                content.SetLength(Math.Max(content.Length, op.Offset + op.Length));
            node.MarkModified();
        }

        return new(Errno.OK);
    }

    protected override ValueTask<Errno> LseekAsync(LseekOp op)
    {
        long? position;
        if (_handles.Find(op.Handle)?.Content is not { } content)
            return new(Errno.EBADF);
        lock (_gate)
            position = content.Next(op.Offset, op.Whence == SeekData);
        return new(position is { } found ? op.Reply(found) : Errno.ENXIO);
    }

    protected override ValueTask<Errno> OpenDirAsync(OpenOp op)
    {
        FileHandle handle;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(op.Node, out MemoryNode? node))
                return new(Errno.ENOENT);
            handle = _handles.Add(node);
        }

        return new(op.Reply(handle));
    }

    protected override ValueTask<Errno> ReadDirAsync(ReadDirOp op)
    {
        if (_handles.Find(op.Handle) is not { Directory: { } directory } node)
            return new(Errno.EBADF);
        lock (_gate)
        {
            if (!AddDots(op, node.Id, directory.Parent))
                return new(Errno.OK);
            foreach (MemoryDirectory.Entry entry in directory.After(op.Offset))
            {
                if (!op.TryAdd(Bytes(entry.Name), entry.Node.Id.Value, entry.Node.Attributes.Type, entry.Cookie))
                    break;
            }
        }

        return new(Errno.OK);
    }

    protected override ValueTask<Errno> ReadDirPlusAsync(ReadDirPlusOp op)
    {
        if (_handles.Find(op.Handle) is not { Directory: { } directory } node)
            return new(Errno.EBADF);
        lock (_gate)
        {
            if (!AddDots(op.WithoutAttributes(), node.Id, directory.Parent))
                return new(Errno.OK);
            foreach (MemoryDirectory.Entry entry in directory.After(op.Offset))
            {
                if (!op.TryAdd(Bytes(entry.Name), new FuseEntry(entry.Node.Id, entry.Node.Stat(), s_forever), entry.Cookie))
                    break;
                entry.Node.Lookups++;
            }
        }

        return new(Errno.OK);
    }

    protected override ValueTask<Errno> ReleaseDirAsync(ReleaseOp op) => new(Close(op));

    protected override ValueTask<Errno> FsyncDirAsync(FsyncOp op) => new(Errno.OK);

    /// <summary>Cookies 1 and 2.</summary>
    private static bool AddDots(ReadDirOp op, NodeId node, NodeId parent) =>
        (op.Offset >= 1 || op.TryAdd("."u8, node.Value, FileType.Directory, 1))
        && (op.Offset >= 2 || op.TryAdd(".."u8, parent.Value, FileType.Directory, 2));

    private Errno Close(ReleaseOp op) => _handles.Remove(op.Handle) is null ? Errno.EBADF : Errno.OK;
}
