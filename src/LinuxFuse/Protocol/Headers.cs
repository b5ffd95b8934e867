namespace LinuxFuse.Protocol;

/// <summary><c>struct fuse_in_header</c>, 40 bytes: before every request.</summary>
internal struct InHeader
{
    public uint Length;
    public uint Opcode;
    public ulong Unique;
    public ulong Node;
    public uint Uid;
    public uint Gid;
    public uint Pid;
    public ushort ExtensionLength;
    public ushort Padding;
}

/// <summary><c>struct fuse_out_header</c>, 16 bytes: before every reply and notification. Length includes it.</summary>
internal struct OutHeader
{
    public uint Length;
    public int Error;
    public ulong Unique;
}

/// <summary><c>struct fuse_init_in</c>, 64 bytes; 16 before 7.36.</summary>
internal unsafe struct InitIn
{
    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public uint Flags2;
    public fixed uint Unused[11];
}

/// <summary><c>struct fuse_init_out</c>, 64 bytes.</summary>
internal unsafe struct InitOut
{
    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;
    public uint TimeGranularity;
    public ushort MaxPages;
    public ushort MapAlignment;
    public uint Flags2;
    public uint MaxStackDepth;
    public ushort RequestTimeout;
    public fixed ushort Unused[11];
}

internal struct InterruptIn
{
    public ulong Unique;
}
