using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>lstat of something in the overlay. Times are seconds and nanoseconds since 1970; the inode number is the upper file system's.</summary>
public readonly record struct OverlayStat(
    ulong Inode,
    uint Mode,
    ulong Links,
    uint Uid,
    uint Gid,
    ulong Device,
    long Size,
    long Blocks,
    OverlayTime Accessed,
    OverlayTime Modified,
    OverlayTime Changed)
{
    private const uint TypeMask = 0xF000; // S_IFMT
    private const uint Folder = 0x4000; // S_IFDIR
    private const uint Regular = 0x8000; // S_IFREG
    private const uint Symlink = 0xA000; // S_IFLNK

    public bool IsFolder => (Mode & TypeMask) == Folder;

    public bool IsFile => (Mode & TypeMask) == Regular;

    public bool IsSymlink => (Mode & TypeMask) == Symlink;

    internal static OverlayStat From(in Stat stat) => new(
        stat.st_ino,
        NativeConvert.FromFilePermissions(stat.st_mode),
        stat.st_nlink,
        stat.st_uid,
        stat.st_gid,
        stat.st_rdev,
        stat.st_size,
        stat.st_blocks,
        new OverlayTime(stat.st_atime, stat.st_atime_nsec),
        new OverlayTime(stat.st_mtime, stat.st_mtime_nsec),
        new OverlayTime(stat.st_ctime, stat.st_ctime_nsec));
}

/// <summary>A point in time as the kernel has it.</summary>
/// <param name="Seconds">Since 1970; may be negative.</param>
/// <param name="Nanoseconds">0 to 999,999,999.</param>
public readonly record struct OverlayTime(long Seconds, long Nanoseconds)
{
    public static OverlayTime From(DateTimeOffset time)
    {
        long seconds = time.ToUnixTimeSeconds();
        return new OverlayTime(seconds, (time - DateTimeOffset.FromUnixTimeSeconds(seconds)).Ticks * 100);
    }
}

/// <summary>What SETATTR changes; null: not that.</summary>
/// <param name="Mode">Permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Size">Bytes; regular files only.</param>
/// <param name="Accessed">Time of last access.</param>
/// <param name="Modified">Time of last change of content.</param>
public readonly record struct OverlayChange(
    uint? Mode = null, uint? Uid = null, uint? Gid = null, long? Size = null, OverlayTime? Accessed = null, OverlayTime? Modified = null);

/// <summary>One name in a folder of the overlay.</summary>
public readonly record struct OverlayEntry(string Name, ulong Inode, uint Mode);

/// <summary>statvfs of the disk that the overlay is on.</summary>
public readonly record struct OverlaySpace(
    ulong BlockSize, ulong Blocks, ulong FreeBlocks, ulong AvailableBlocks, ulong Files, ulong FreeFiles, ulong LongestName);
