using System.Text;

namespace LinuxFuse.Samples;

/// <summary>A complete file system in memory. Shows one way to do everything: nodes with lookup counts, handles, listings, attributes.</summary>
/// <remarks>
/// One lock guards all nodes; it is never held over a reply. Only the kernel changes this file system, and knows what it changes, so
/// names and attributes are valid for ever. Names are kept as Latin-1 strings: one character for each byte, whatever the bytes mean.
/// </remarks>
public sealed partial class MemoryFileSystem : FuseFileSystem
{
    private const uint SetGroupIdBit = 0x400;
    private const int LongestName = 255;

    private static readonly TimeSpan s_forever = TimeSpan.MaxValue;

    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, MemoryNode> _nodes = [];
    private readonly HandleTable<MemoryNode> _handles = new();
    private ulong _lastId = NodeId.Root.Value;

    public MemoryFileSystem()
    {
        MemoryNode root = new(NodeId.Root) { Directory = new MemoryDirectory(NodeId.Root), Lookups = 1 };
        root.Attributes.Type = FileType.Directory;
        root.Attributes.Permissions = 0b111_101_101;
        root.Attributes.Links = 2;
        _nodes.Add(NodeId.Root, root);
    }

    /// <summary>Nodes that exist: those with a name, and those that the kernel still knows.</summary>
    public int NodeCount
    {
        get
        {
            lock (_gate)
                return _nodes.Count;
        }
    }

    /// <summary>Open files and directories.</summary>
    public int HandleCount => _handles.Count;

    protected override void Forget(NodeId node, ulong lookups)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node, out MemoryNode? found) || node == NodeId.Root)
                return;
            found.Lookups -= Math.Min(lookups, found.Lookups);
            DropIfUnused(found);
        }
    }

    protected override ValueTask<Errno> LookupAsync(LookupOp op)
    {
        FuseEntry entry;
        lock (_gate)
        {
            if (!TryDirectory(op.Parent, out MemoryDirectory? directory, out Errno error))
                return new(error);
            if (op.Name.Length > LongestName)
                return new(Errno.ENAMETOOLONG);
            if (directory.Find(Text(op.Name)) is not { } node)
                return new(Errno.ENOENT);
            entry = Remember(node);
        }

        return new(op.Reply(entry));
    }

    protected override ValueTask<Errno> MkdirAsync(MkdirOp op)
    {
        NewNode what = new(FileType.Directory, op.Mode, op.Request.Caller);
        Errno error = Make(op.Parent, op.Name, what, out FuseEntry entry);
        return new(error == Errno.OK ? op.Reply(entry) : error);
    }

    protected override ValueTask<Errno> MknodAsync(MknodOp op)
    {
        NewNode what = new((FileType)(op.Mode & 0xF000), op.Mode, op.Request.Caller) { Device = op.Device };
        Errno error = Make(op.Parent, op.Name, what, out FuseEntry entry);
        return new(error == Errno.OK ? op.Reply(entry) : error);
    }

    protected override ValueTask<Errno> SymlinkAsync(SymlinkOp op)
    {
        NewNode what = new(FileType.SymbolicLink, 0b111_111_111, op.Request.Caller) { Target = op.Target.ToArray() };
        Errno error = Make(op.Parent, op.Name, what, out FuseEntry entry);
        return new(error == Errno.OK ? op.Reply(entry) : error);
    }

    protected override ValueTask<Errno> CreateAsync(CreateOp op)
    {
        NewNode what = new(FileType.Regular, op.Mode, op.Request.Caller);
        FileHandle handle;
        Errno error = Make(op.Parent, op.Name, what, out FuseEntry entry);
        if (error != Errno.OK)
            return new(error);
        lock (_gate)
            handle = _handles.Add(_nodes[entry.Node]);
        return new(op.Reply(entry, handle, OpenReply.KeepCache));
    }

    protected override ValueTask<Errno> TmpFileAsync(CreateOp op)
    {
        FuseEntry entry;
        FileHandle handle;
        lock (_gate)
        {
            if (!TryDirectory(op.Parent, out _, out Errno error))
                return new(error);
            MemoryNode node = NewNodeIn(_nodes[op.Parent], new NewNode(FileType.Regular, op.Mode, op.Request.Caller));
            entry = Remember(node);
            handle = _handles.Add(node);
        }

        return new(op.Reply(entry, handle, OpenReply.KeepCache));
    }

    protected override ValueTask<Errno> LinkAsync(LinkOp op)
    {
        FuseEntry entry;
        lock (_gate)
        {
            if (!TryDirectory(op.NewParent, out MemoryDirectory? directory, out Errno error))
                return new(error);
            if (!_nodes.TryGetValue(op.Node, out MemoryNode? node))
                return new(Errno.ENOENT);
            error = CheckNewName(directory, op.NewName);
            if (error != Errno.OK)
                return new(error);
            directory.Add(Text(op.NewName), node);
            node.Attributes.Links++;
            node.MarkChanged();
            _nodes[op.NewParent].MarkModified();
            entry = Remember(node);
        }

        return new(op.Reply(entry));
    }

    private static string Text(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    private static byte[] Bytes(string name) => Encoding.Latin1.GetBytes(name);

    private static Errno CheckNewName(MemoryDirectory directory, ReadOnlySpan<byte> name) =>
        name.Length > LongestName ? Errno.ENAMETOOLONG
        : directory.Find(Text(name)) is not null ? Errno.EEXIST
        : Errno.OK;

    private bool TryDirectory(
        NodeId id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MemoryDirectory? directory, out Errno error)
    {
        bool exists = _nodes.TryGetValue(id, out MemoryNode? node);
        directory = node?.Directory;
        error = !exists ? Errno.ENOENT : directory is null ? Errno.ENOTDIR : Errno.OK;
        return error == Errno.OK;
    }

    private Errno Make(NodeId parent, ReadOnlySpan<byte> name, in NewNode what, out FuseEntry entry)
    {
        entry = default;
        lock (_gate)
        {
            if (!TryDirectory(parent, out MemoryDirectory? directory, out Errno error))
                return error;
            error = CheckNewName(directory, name);
            if (error != Errno.OK)
                return error;
            MemoryNode node = NewNodeIn(_nodes[parent], what);
            directory.Add(Text(name), node);
            node.Attributes.Links = node.IsDirectory ? 2u : 1u;
            if (node.IsDirectory)
                _nodes[parent].Attributes.Links++;
            _nodes[parent].MarkModified();
            entry = Remember(node);
            return Errno.OK;
        }
    }

    private MemoryNode NewNodeIn(MemoryNode parent, in NewNode what)
    {
        NodeId id = new(++_lastId);
        bool isDirectory = what.Type == FileType.Directory;
        MemoryNode node = new(id)
        {
            Directory = isDirectory ? new MemoryDirectory(parent.Id) : null,
            Content = what.Type == FileType.Regular ? new MemoryContent() : null,
            Target = what.Target,
        };
        bool inheritsGroup = (parent.Attributes.Permissions & SetGroupIdBit) != 0;
        node.Attributes.Type = what.Type;
        node.Attributes.Permissions = what.Mode | (inheritsGroup && isDirectory ? SetGroupIdBit : 0);
        node.Attributes.Uid = what.Owner.Uid;
        node.Attributes.Gid = inheritsGroup ? parent.Attributes.Gid : what.Owner.Gid;
        node.Attributes.Device = what.Device;
        _nodes.Add(id, node);
        return node;
    }

    private static FuseEntry Remember(MemoryNode node)
    {
        node.Lookups++;
        return new FuseEntry(node.Id, node.Stat(), s_forever);
    }

    private void DropIfUnused(MemoryNode node)
    {
        if (node.Attributes.Links == 0 && node.Lookups == 0)
            _nodes.Remove(node.Id);
    }

    private readonly record struct NewNode(FileType Type, uint Mode, Caller Owner)
    {
        public uint Device { get; init; }

        public byte[]? Target { get; init; }
    }
}
