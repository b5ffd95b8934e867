using DataStoreFS.Model;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Kernel;

/// <summary>What stat(2) shows of a node of the tree.</summary>
internal sealed class AttributeSource
{
    // 2000-01-01T00:00:00Z. The protocol has no dates; one fixed time is the same after a remount and on every machine, so that rsync and make
    // find nothing to do. Not 1970: tar calls that implausible, and zip cannot say anything before 1980.
    public static readonly FuseTime Time = new(946_684_800, 0);

    private const uint ReadableDirectory = 0x16D; // 0555
    private const uint WritableDirectory = 0x1ED; // 0755
    private const uint ReadableFile = 0x124; // 0444
    private const uint WritableFile = 0x1A4; // 0644

    private readonly VolumeTree _tree;
    private readonly uint _directoryMode;
    private readonly uint _fileMode;

    public AttributeSource(VolumeTree tree, MountSettings settings)
    {
        _tree = tree;
        Uid = settings.Uid ?? Mono.Unix.Native.Syscall.geteuid();
        Gid = settings.Gid ?? Mono.Unix.Native.Syscall.getegid();
        uint keep = ~(uint)settings.Umask;
        _directoryMode = (uint)FileType.Directory | ((settings.IsWritable ? WritableDirectory : ReadableDirectory) & keep);
        _fileMode = (uint)FileType.Regular | ((settings.IsWritable ? WritableFile : ReadableFile) & keep);
    }

    public uint Uid { get; }

    public uint Gid { get; }

    /// <summary>Permission bits of a node of the dataset's tree.</summary>
    public uint PermissionsOf(in Node node) => (node.IsDirectory ? _directoryMode : _fileMode) & 0xFFF;

    public FuseAttr Of(ulong id, in Node node)
    {
        bool directory = node.IsDirectory;
        FuseAttr attributes = new()
        {
            Inode = id,
            Size = _tree.SizeOf(node),
            Mode = directory ? _directoryMode : _fileMode,
            Links = (uint)Math.Min(_tree.LinksOf(node), uint.MaxValue),
            Uid = Uid,
            Gid = Gid,
            Times = Time,
        };
        return attributes;
    }

    /// <summary>For df: everything is used, nothing is free.</summary>
    public FuseStatFs FileSystem()
    {
        const uint blockSize = 4096;
        UInt128 bytes = 0;
        foreach (SetupInfo setup in _tree.Volume.Setups)
        {
            foreach (LevelInfo level in setup.Levels)
            {
                bytes += (UInt128)level.Dimensions.X * (UInt128)level.Dimensions.Y * (UInt128)level.Dimensions.Z;
            }
        }

        bytes *= (UInt128)_tree.Volume.VoxelType.Bytes() * (UInt128)_tree.Volume.TimepointIds.Count;
        return new FuseStatFs
        {
            Blocks = (ulong)UInt128.Min(bytes / blockSize, long.MaxValue),
            Files = _tree.Codec.Count,
            BlockSize = blockSize,
        };
    }
}
