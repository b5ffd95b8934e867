namespace LinuxFuse.Samples;

/// <summary>
/// Taking names away: unlink, rmdir, rename. A node without names lives on until the kernel has forgotten it, which is not before it is closed.
/// </summary>
public sealed partial class MemoryFileSystem
{
    protected override ValueTask<Errno> UnlinkAsync(UnlinkOp op) => new(Remove(op, wantsDirectory: false));

    protected override ValueTask<Errno> RmdirAsync(UnlinkOp op) => new(Remove(op, wantsDirectory: true));

    protected override ValueTask<Errno> RenameAsync(RenameOp op)
    {
        if ((op.Flags & ~(RenameFlags.NoReplace | RenameFlags.Exchange)) != 0)
            return new(Errno.EINVAL);
        string oldName = Text(op.Name);
        string newName = Text(op.NewName);
        lock (_gate)
        {
            if (!TryDirectory(op.Parent, out MemoryDirectory? from, out Errno error)
                || !TryDirectory(op.NewParent, out MemoryDirectory? to, out error))
                return new(error);
            if (newName.Length > LongestName)
                return new(Errno.ENAMETOOLONG);
            if (from.Find(oldName) is not { } node)
                return new(Errno.ENOENT);
            MemoryNode? replaced = to.Find(newName);
            if (op.Flags.HasFlag(RenameFlags.Exchange))
                return new(replaced is null ? Errno.ENOENT : Exchange((op.Parent, from, oldName, node), (op.NewParent, to, newName, replaced)));
            if (replaced is not null)
            {
                error = op.Flags.HasFlag(RenameFlags.NoReplace) ? Errno.EEXIST : CheckReplacing(node, replaced);
                if (error != Errno.OK || replaced == node)
                    return new(error);
                Detach(op.NewParent, to, newName, replaced);
            }

            from.Remove(oldName);
            to.Add(newName, node);
            Moved(node, op.Parent, op.NewParent);
            return new(Errno.OK);
        }
    }

    private static Errno CheckReplacing(MemoryNode node, MemoryNode replaced) => replaced switch
    {
        { IsDirectory: true } when !node.IsDirectory => Errno.EISDIR,
        { IsDirectory: false } when node.IsDirectory => Errno.ENOTDIR,
        { Directory.Count: > 0 } => Errno.ENOTEMPTY,
        _ => Errno.OK,
    };

    private Errno Exchange(
        (NodeId Parent, MemoryDirectory Directory, string Name, MemoryNode Node) one,
        (NodeId Parent, MemoryDirectory Directory, string Name, MemoryNode Node) other)
    {
        one.Directory.Remove(one.Name);
        other.Directory.Remove(other.Name);
        one.Directory.Add(one.Name, other.Node);
        other.Directory.Add(other.Name, one.Node);
        Moved(one.Node, one.Parent, other.Parent);
        Moved(other.Node, other.Parent, one.Parent);
        return Errno.OK;
    }

    private void Moved(MemoryNode node, NodeId from, NodeId to)
    {
        if (node.Directory is { } directory && from != to)
        {
            directory.Parent = to;
            _nodes[from].Attributes.Links--;
            _nodes[to].Attributes.Links++;
        }

        node.MarkChanged();
        _nodes[from].MarkModified();
        _nodes[to].MarkModified();
    }

    private Errno Remove(UnlinkOp op, bool wantsDirectory)
    {
        string name = Text(op.Name);
        lock (_gate)
        {
            if (!TryDirectory(op.Parent, out MemoryDirectory? directory, out Errno error))
                return error;
            if (directory.Find(name) is not { } node)
                return Errno.ENOENT;
            if (node.IsDirectory != wantsDirectory)
                return wantsDirectory ? Errno.ENOTDIR : Errno.EISDIR;
            if (node.Directory is { Count: > 0 })
                return Errno.ENOTEMPTY;
            Detach(op.Parent, directory, name, node);
            return Errno.OK;
        }
    }

    private void Detach(NodeId parent, MemoryDirectory directory, string name, MemoryNode node)
    {
        directory.Remove(name);
        node.Attributes.Links -= node.IsDirectory ? 2u : 1u;
        if (node.IsDirectory)
            _nodes[parent].Attributes.Links--;
        node.MarkChanged();
        _nodes[parent].MarkModified();
        DropIfUnused(node);
    }
}
