namespace LinuxFuse.Protocol;

/// <summary><c>enum fuse_notify_code</c>: goes into the error field of a reply whose unique is 0.</summary>
internal enum NotifyCode
{
    Poll = 1,
    InvalidateInode = 2,
    InvalidateEntry = 3,
    Store = 4,
    Retrieve = 5,
    Delete = 6,
    Resend = 7,
    IncrementEpoch = 8,
    Prune = 9,
}

internal struct NotifyPollOut
{
    public ulong KernelHandle;
}

internal struct NotifyInvalidateInodeOut
{
    public ulong Node;
    public long Offset;
    public long Length;
}

internal struct NotifyInvalidateEntryOut
{
    public const uint ExpireOnly = 1;

    public ulong Parent;
    public uint NameLength;
    public uint Flags;
}

internal struct NotifyDeleteOut
{
    public ulong Parent;
    public ulong Child;
    public uint NameLength;
    public uint Padding;
}

internal struct NotifyStoreOut
{
    public ulong Node;
    public ulong Offset;
    public uint Size;
    public uint Padding;
}

internal struct NotifyRetrieveOut
{
    public ulong NotifyUnique;
    public ulong Node;
    public ulong Offset;
    public uint Size;
    public uint Padding;
}

internal struct NotifyRetrieveIn
{
    public ulong Dummy1;
    public ulong Offset;
    public uint Size;
    public uint Dummy2;
    public ulong Dummy3;
    public ulong Dummy4;
}

internal struct NotifyPruneOut
{
    public uint Count;
    public uint Padding;
    public ulong Spare;
}

internal struct BackingMap
{
    public int Fd;
    public uint Flags;
    public ulong Padding;
}
