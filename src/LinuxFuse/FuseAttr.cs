using System.Runtime.InteropServices;

namespace LinuxFuse;

/// <summary>What stat(2) shows of a node. In memory it is the kernel's <c>struct fuse_attr</c> (88 bytes), so a reply copies it as it is.</summary>
[StructLayout(LayoutKind.Sequential)]
public record struct FuseAttr
{
    private const uint TypeMask = 0xF000;
    private const uint PermissionMask = 0xFFF;

    private ulong _inode;
    private ulong _size;
    private ulong _blocks;
    private long _accessed;
    private long _modified;
    private long _changed;
    private uint _accessedNanoseconds;
    private uint _modifiedNanoseconds;
    private uint _changedNanoseconds;
    private uint _mode;
    private uint _links;
    private uint _uid;
    private uint _gid;
    private uint _device;
    private uint _blockSize;
    private uint _flags;

    /// <summary>One link, block size 4096, everything else zero.</summary>
    public FuseAttr()
    {
        _links = 1;
        _blockSize = 4096;
    }

    /// <summary>Shown as <c>st_ino</c>. Should stay the same over remounts.</summary>
    public ulong Inode { readonly get => _inode; set => _inode = value; }

    /// <summary>Bytes. Also sets <see cref="Blocks"/> to what a file without holes takes.</summary>
    public long Size
    {
        readonly get => (long)_size;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _size = (ulong)value;
            _blocks = (_size + 511) / 512;
        }
    }

    /// <summary>Space taken, in units of 512 bytes. Set it after <see cref="Size"/>.</summary>
    public long Blocks { readonly get => (long)_blocks; set => _blocks = (ulong)value; }

    public FuseTime Accessed
    {
        readonly get => new(_accessed, _accessedNanoseconds);
        set => (_accessed, _accessedNanoseconds) = (value.Seconds, value.Nanoseconds);
    }

    public FuseTime Modified
    {
        readonly get => new(_modified, _modifiedNanoseconds);
        set => (_modified, _modifiedNanoseconds) = (value.Seconds, value.Nanoseconds);
    }

    /// <summary>The last change of the attributes (ctime).</summary>
    public FuseTime Changed
    {
        readonly get => new(_changed, _changedNanoseconds);
        set => (_changed, _changedNanoseconds) = (value.Seconds, value.Nanoseconds);
    }

    /// <summary>Sets access, modification and change time at once.</summary>
    public FuseTime Times
    {
        set
        {
            Accessed = value;
            Modified = value;
            Changed = value;
        }
    }

    /// <summary>Type and permissions together (<c>st_mode</c>).</summary>
    public uint Mode { readonly get => _mode; set => _mode = value; }

    /// <summary>The kernel never lets the type of a <see cref="NodeId"/> change: such a node becomes EIO.</summary>
    public FileType Type
    {
        readonly get => (FileType)(_mode & TypeMask);
        set => _mode = (_mode & ~TypeMask) | ((uint)value & TypeMask);
    }

    /// <summary>The lower twelve bits of the mode; <c>0b110_100_100</c> is rw-r--r--.</summary>
    public uint Permissions
    {
        readonly get => _mode & PermissionMask;
        set => _mode = (_mode & ~PermissionMask) | (value & PermissionMask);
    }

    public uint Links { readonly get => _links; set => _links = value; }

    public uint Uid { readonly get => _uid; set => _uid = value; }

    public uint Gid { readonly get => _gid; set => _gid = value; }

    /// <summary>Device number (<c>st_rdev</c>) of a device node.</summary>
    public uint Device { readonly get => _device; set => _device = value; }

    /// <summary>Preferred size of reads and writes (<c>st_blksize</c>), in bytes.</summary>
    public uint BlockSize { readonly get => _blockSize; set => _blockSize = value; }
}
