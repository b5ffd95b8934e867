using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Files;

/// <summary>One READDIR or READDIRPLUS, which differ only in what an entry says.</summary>
internal readonly struct Listing
{
    // fuse_dirent and fuse_direntplus before the name (include/uapi/linux/fuse.h), and an eight-byte name.
    private const int PlainEntry = 24 + 8;
    private const int FullEntry = 152 + 8;

    private readonly ReadDirOp _plain;
    private readonly ReadDirPlusOp _full;
    private readonly bool _withAttributes;

    public Listing(ReadDirOp op) => _plain = op;

    public Listing(ReadDirPlusOp op)
    {
        _plain = op.WithoutAttributes();
        _full = op;
        _withAttributes = true;
    }

    public NodeId Directory => _plain.Node;

    public long Offset => _plain.Offset;

    public CancellationToken Interrupted => _plain.Request.Interrupted;

    /// <summary>The thread that lists.</summary>
    public uint Caller => (uint)_plain.Request.Caller.Pid;

    /// <summary>About how many entries fit.</summary>
    public int Capacity => Math.Max(1, _plain.Size / (_withAttributes ? FullEntry : PlainEntry));

    /// <summary>Adds a name without attributes; nothing of it counts as looked up.</summary>
    public bool TryAddName(ReadOnlySpan<byte> name, ulong id, FileType type, long next) => _plain.TryAdd(name, id, type, next);

    public bool TryAdd(ReadOnlySpan<byte> name, in Node node, BlockExistence existence, LookupHandler lookups, VolumeTree tree, long next) =>
        _withAttributes
        ? _full.TryAdd(name, lookups.EntryOf(node, existence), next)
        : _plain.TryAdd(name, tree.IdOf(node), node.IsDirectory ? FileType.Directory : FileType.Regular, next);
}
