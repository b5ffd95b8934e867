namespace LinuxFuse;

/// <summary>How the kernel is to treat an opened file: the <c>FOPEN_*</c> bits.</summary>
[Flags]
public enum OpenReply : uint
{
    None = 0,

    /// <summary>Reads and writes go past the page cache.</summary>
    DirectIO = 1 << 0,

    /// <summary>Pages that are cached from earlier opens stay. Without it, opening drops them.</summary>
    KeepCache = 1 << 1,

    /// <summary>No seeking.</summary>
    NonSeekable = 1 << 2,

    /// <summary>The kernel keeps the directory's listing; with <see cref="KeepCache"/> also over this open.</summary>
    CacheDirectory = 1 << 3,

    /// <summary>No file position at all.</summary>
    Stream = 1 << 4,

    /// <summary>close(2) sends no FLUSH. For handles that cannot have anything to write back.</summary>
    NoFlush = 1 << 5,

    /// <summary>Direct writes to one file may come in parallel.</summary>
    ParallelDirectWrites = 1 << 6,
}
