namespace LinuxFuse.Protocol;

/// <summary>Public types to wire structs.</summary>
internal static class Wire
{
    /// <summary>PATH_MAX without its NUL.</summary>
    public const int LongestPath = 4095;

    private const uint PassthroughFlag = 1 << 7;

    public static EntryOut Entry(in FuseEntry entry)
    {
        (ulong entrySeconds, uint entryNanoseconds) = Validity(entry.EntryValidFor);
        (ulong seconds, uint nanoseconds) = Validity(entry.AttributesValidFor);
        return new EntryOut
        {
            Node = entry.Node.Value,
            Generation = entry.Generation,
            EntryValid = entrySeconds,
            EntryValidNanoseconds = entryNanoseconds,
            AttributesValid = seconds,
            AttributesValidNanoseconds = nanoseconds,
            Attributes = entry.Attributes,
        };
    }

    /// <summary>Node 0 with a validity: the kernel keeps "no such file" for that long.</summary>
    public static EntryOut NoEntry(TimeSpan validFor)
    {
        (ulong seconds, uint nanoseconds) = Validity(validFor);
        return new EntryOut { EntryValid = seconds, EntryValidNanoseconds = nanoseconds };
    }

    public static AttrOut Attributes(in FuseAttr attributes, TimeSpan validFor)
    {
        (ulong seconds, uint nanoseconds) = Validity(validFor);
        return new AttrOut { Valid = seconds, ValidNanoseconds = nanoseconds, Attributes = attributes };
    }

    public static OpenOut Open(FileHandle handle, OpenReply flags, BackingFile? backing) => new()
    {
        Handle = handle.Value,
        Flags = (uint)flags | (backing is null ? 0 : PassthroughFlag),
        BackingId = backing?.Id ?? 0,
    };

    public static StatFsOut StatFs(FuseStatFs status) => new()
    {
        Blocks = status.Blocks,
        FreeBlocks = status.FreeBlocks,
        AvailableBlocks = status.AvailableBlocks,
        Files = status.Files,
        FreeFiles = status.FreeFiles,
        BlockSize = status.BlockSize,
        FragmentSize = status.BlockSize,
        NameLength = status.NameLength,
    };

    private static (ulong Seconds, uint Nanoseconds) Validity(TimeSpan time)
    {
        long ticks = Math.Max(time.Ticks, 0);
        return ((ulong)(ticks / TimeSpan.TicksPerSecond), (uint)(ticks % TimeSpan.TicksPerSecond) * (uint)TimeSpan.NanosecondsPerTick);
    }
}
