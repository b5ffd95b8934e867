namespace LinuxFuse;

/// <summary>What statfs(2) and <c>df</c> show. Blocks are <see cref="BlockSize"/> bytes.</summary>
public record struct FuseStatFs()
{
    public ulong Blocks { get; set; }

    public ulong FreeBlocks { get; set; }

    /// <summary>Free for users other than root.</summary>
    public ulong AvailableBlocks { get; set; }

    public ulong Files { get; set; }

    public ulong FreeFiles { get; set; }

    public uint BlockSize { get; set; } = 4096;

    /// <summary>Longest name, in bytes.</summary>
    public uint NameLength { get; set; } = 255;
}
