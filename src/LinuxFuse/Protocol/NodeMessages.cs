using System.Runtime.InteropServices;

namespace LinuxFuse.Protocol;

// Requests and replies about nodes and names, field by field as in <linux/fuse.h> 7.45.

internal struct EntryOut
{
    public ulong Node;
    public ulong Generation;
    public ulong EntryValid;
    public ulong AttributesValid;
    public uint EntryValidNanoseconds;
    public uint AttributesValidNanoseconds;
    public FuseAttr Attributes;
}

internal struct AttrOut
{
    public ulong Valid;
    public uint ValidNanoseconds;
    public uint Dummy;
    public FuseAttr Attributes;
}

internal struct ForgetIn
{
    public ulong Lookups;
}

internal struct ForgetOne
{
    public ulong Node;
    public ulong Lookups;
}

internal struct BatchForgetIn
{
    public uint Count;
    public uint Dummy;
}

internal struct GetAttrIn
{
    public const uint HandleIsValid = 1;

    public uint Flags;
    public uint Dummy;
    public ulong Handle;
}

internal struct SetAttrIn
{
    public uint Valid;
    public uint Padding;
    public ulong Handle;
    public ulong Size;
    public ulong LockOwner;
    public long Accessed;
    public long Modified;
    public long Changed;
    public uint AccessedNanoseconds;
    public uint ModifiedNanoseconds;
    public uint ChangedNanoseconds;
    public uint Mode;
    public uint Unused4;
    public uint Uid;
    public uint Gid;
    public uint Unused5;
}

internal struct MknodIn
{
    public uint Mode;
    public uint Device;
    public uint Umask;
    public uint Padding;
}

internal struct MkdirIn
{
    public uint Mode;
    public uint Umask;
}

internal struct RenameIn
{
    public ulong NewParent;
}

internal struct Rename2In
{
    public ulong NewParent;
    public uint Flags;
    public uint Padding;
}

internal struct LinkIn
{
    public ulong Node;
}

internal struct AccessIn
{
    public uint Mask;
    public uint Padding;
}

internal struct StatFsOut
{
    public ulong Blocks;
    public ulong FreeBlocks;
    public ulong AvailableBlocks;
    public ulong Files;
    public ulong FreeFiles;
    public uint BlockSize;
    public uint NameLength;
    public uint FragmentSize;
    public uint Padding;
    public SixWords Spare;
}

[System.Runtime.CompilerServices.InlineArray(6)]
internal struct SixWords
{
    private uint _first;
}

internal struct SyncFsIn
{
    public ulong Padding;
}

/// <summary>Without <see cref="FuseCapabilities.SetXAttrExtended"/>, which is not negotiated, the struct ends after eight bytes.</summary>
internal struct SetXAttrIn
{
    public uint Size;
    public uint Flags;
}

internal struct GetXAttrIn
{
    public uint Size;
    public uint Padding;
}

internal struct GetXAttrOut
{
    public uint Size;
    public uint Padding;
}

/// <summary><c>struct fuse_dirent</c> without its name. Records are padded to eight bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Dirent
{
    public ulong Inode;
    public ulong Next;
    public uint NameLength;
    public uint Type;
}
