namespace LinuxFuse.Samples;

/// <summary>Attributes, extended attributes, links' targets.</summary>
public sealed partial class MemoryFileSystem
{
    protected override ValueTask<Errno> GetAttrAsync(GetAttrOp op)
    {
        FuseAttr attributes;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(op.Node, out MemoryNode? node))
                return new(Errno.ENOENT);
            attributes = node.Stat();
        }

        return new(op.Reply(attributes, s_forever));
    }

    protected override ValueTask<Errno> SetAttrAsync(SetAttrOp op)
    {
        FuseAttr result;
        lock (_gate)
        {
            if (!_nodes.TryGetValue(op.Node, out MemoryNode? node))
                return new(Errno.ENOENT);
            if (op.Size is { } size)
            {
                if (node.Content is not { } content)
                    return new(Errno.EINVAL);
                content.SetLength(size);
                node.MarkModified();
            }

            ref FuseAttr attributes = ref node.Attributes;
            attributes.Permissions = op.Mode ?? attributes.Permissions;
            attributes.Uid = op.Uid ?? attributes.Uid;
            attributes.Gid = op.Gid ?? attributes.Gid;
            attributes.Accessed = op.Accessed ?? attributes.Accessed;
            attributes.Modified = op.Modified ?? attributes.Modified;
            attributes.Changed = op.Changed ?? FuseTime.Now;
            result = node.Stat();
        }

        return new(op.Reply(result, s_forever));
    }

    protected override ValueTask<Errno> ReadLinkAsync(ReadLinkOp op)
    {
        byte[]? target;
        lock (_gate)
            target = _nodes.GetValueOrDefault(op.Node)?.Target;
        return new(target is null ? Errno.EINVAL : op.Reply(target));
    }

    protected override ValueTask<Errno> StatFsAsync(StatFsOp op)
    {
        const uint blockSize = 4096;
        long stored;
        int count;
        lock (_gate)
        {
            stored = _nodes.Values.Sum(node => node.Content?.StoredBytes ?? 0);
            count = _nodes.Count;
        }

        ulong free = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / blockSize;
        return new(op.Reply(new FuseStatFs
        {
            BlockSize = blockSize,
            Blocks = free + ((ulong)stored / blockSize),
            FreeBlocks = free,
            AvailableBlocks = free,
            Files = (ulong)count + free,
            FreeFiles = free,
        }));
    }

    protected override ValueTask<Errno> GetXAttrAsync(GetXAttrOp op)
    {
        byte[]? value;
        lock (_gate)
            value = _nodes.GetValueOrDefault(op.Node)?.ExtendedAttributes.GetValueOrDefault(Text(op.Name));
        return new(value is null ? Errno.ENODATA : op.Reply(value));
    }

    protected override ValueTask<Errno> ListXAttrAsync(GetXAttrOp op)
    {
        byte[] names;
        lock (_gate)
            names = [.. (_nodes.GetValueOrDefault(op.Node)?.ExtendedAttributes ?? []).Keys.SelectMany(name => Bytes(name + '\0'))];
        return new(op.Reply(names));
    }

    protected override ValueTask<Errno> SetXAttrAsync(SetXAttrOp op)
    {
        // Kept as plain bytes they would not be enforced, and a program that sets one relies on that.
        if (op.Name.StartsWith("system.posix_acl"u8))
            return new(Errno.EOPNOTSUPP);
        string name = Text(op.Name);
        lock (_gate)
        {
            if (!_nodes.TryGetValue(op.Node, out MemoryNode? node))
                return new(Errno.ENOENT);
            bool exists = node.ExtendedAttributes.ContainsKey(name);
            if (exists && op.Flags.HasFlag(SetXAttrFlags.Create))
                return new(Errno.EEXIST);
            if (!exists && op.Flags.HasFlag(SetXAttrFlags.Replace))
                return new(Errno.ENODATA);
            node.ExtendedAttributes[name] = op.Value.ToArray();
            node.MarkChanged();
        }

        return new(Errno.OK);
    }

    protected override ValueTask<Errno> RemoveXAttrAsync(RemoveXAttrOp op)
    {
        lock (_gate)
        {
            if (_nodes.GetValueOrDefault(op.Node) is not { } node || !node.ExtendedAttributes.Remove(Text(op.Name)))
                return new(Errno.ENODATA);
            node.MarkChanged();
        }

        return new(Errno.OK);
    }
}
