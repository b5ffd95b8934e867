namespace LinuxFuse.Protocol;

// Requests and replies about open files, field by field as in <linux/fuse.h> 7.45.

internal struct OpenIn
{
    public uint Flags;
    public uint OpenFlags;
}

internal struct CreateIn
{
    public uint Flags;
    public uint Mode;
    public uint Umask;
    public uint OpenFlags;
}

internal struct OpenOut
{
    public ulong Handle;
    public uint Flags;
    public int BackingId;
}

internal struct CreateOut
{
    public EntryOut Entry;
    public OpenOut Open;
}

internal struct ReleaseIn
{
    public ulong Handle;
    public uint Flags;
    public uint ReleaseFlags;
    public ulong LockOwner;
}

internal struct FlushIn
{
    public ulong Handle;
    public uint Unused;
    public uint Padding;
    public ulong LockOwner;
}

internal struct ReadIn
{
    public ulong Handle;
    public ulong Offset;
    public uint Size;
    public uint ReadFlags;
    public ulong LockOwner;
    public uint Flags;
    public uint Padding;
}

internal struct WriteIn
{
    public const uint FromCache = 1;

    public ulong Handle;
    public ulong Offset;
    public uint Size;
    public uint WriteFlags;
    public ulong LockOwner;
    public uint Flags;
    public uint Padding;
}

internal struct WriteOut
{
    public uint Size;
    public uint Padding;
}

internal struct FsyncIn
{
    public ulong Handle;
    public uint Flags;
    public uint Padding;
}

internal struct LockIn
{
    public ulong Handle;
    public ulong Owner;
    public LockRange Lock;
    public uint Flags;
    public uint Padding;
}

internal struct LockRange
{
    public ulong Start;
    public ulong End;
    public uint Type;
    public uint Pid;
}

internal struct IoctlIn
{
    public ulong Handle;
    public uint Flags;
    public uint Command;
    public ulong Argument;
    public uint InputSize;
    public uint OutputSize;
}

internal struct IoctlOut
{
    public int Result;
    public uint Flags;
    public uint InputVectors;
    public uint OutputVectors;
}

internal struct PollIn
{
    public ulong Handle;
    public ulong KernelHandle;
    public uint Flags;
    public uint Events;
}

internal struct PollOut
{
    public uint Events;
    public uint Padding;
}

internal struct FallocateIn
{
    public ulong Handle;
    public ulong Offset;
    public ulong Length;
    public uint Mode;
    public uint Padding;
}

internal struct LseekIn
{
    public ulong Handle;
    public ulong Offset;
    public uint Whence;
    public uint Padding;
}

internal struct LseekOut
{
    public ulong Offset;
}

internal struct CopyFileRangeIn
{
    public ulong HandleIn;
    public ulong OffsetIn;
    public ulong NodeOut;
    public ulong HandleOut;
    public ulong OffsetOut;
    public ulong Length;
    public ulong Flags;
}

internal struct CopyFileRangeOut
{
    public ulong Copied;
}
