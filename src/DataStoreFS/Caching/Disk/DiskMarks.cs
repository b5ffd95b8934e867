using System.Buffers.Binary;
using System.IO.Enumeration;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// What the folder <c>volumes</c> remembers of a dataset: its floor (nothing asked for earlier is shown), and that some process has been changing
/// blocks of it. A deletion that has not reached the disk is undone by a power cut, and an old block would come back; so a writer leaves a mark
/// that is on the disk before its first change and goes when all are, and a mark of an earlier boot raises the floor to now.
/// </summary>
internal sealed unsafe class DiskMarks(DiskFolder folder, string bootId)
{
    private const int FloorBytes = 12;
    private const long Unreadable = long.MaxValue;

    /// <summary>The kernel's name for this boot.</summary>
    public static string CurrentBoot()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim().Replace("-", "", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Guid.NewGuid().ToString("N"); // unknown: then every start counts as a new boot, which is safe
        }
    }

    /// <summary>The floor of a dataset in UTC ticks, raised when it was being changed in an earlier boot.</summary>
    public long Floor(string mark, long now)
    {
        string prefix = mark + ".writing-";
        List<string> interrupted = [.. Names().Where(name =>
            name.StartsWith(prefix, StringComparison.Ordinal) && !name.StartsWith(prefix + bootId, StringComparison.Ordinal))];
        long floor = Read(mark);
        if (interrupted.Count == 0 && floor != Unreadable)
        {
            return floor;
        }

        SetFloor(mark, now);
        interrupted.ForEach(name => _ = UnlinkAt(folder.Volumes, name, 0));
        return now;
    }

    /// <summary>Remembers a floor, on the disk when this returns.</summary>
    public void SetFloor(string mark, long floor)
    {
        byte* record = stackalloc byte[FloorBytes];
        BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(record, 8), floor);
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(record + 8, 4), Crc32C.Compute(new ReadOnlySpan<byte>(record, 8)));
        string temporary = "." + Guid.NewGuid().ToString("N");
        int fd = folder.CreateFile(folder.Volumes, temporary, WriteOnly | Exclusive);
        if (fd < 0)
        {
            return;
        }

        bool whole = Write(fd, record, FloorBytes, 0) == FloorBytes && Sync(fd) == 0;
        _ = Close(fd);
        if (!whole || RenameAt(folder.Volumes, temporary, folder.Volumes, mark) != 0)
        {
            _ = UnlinkAt(folder.Volumes, temporary, 0);
        }

        _ = Sync(folder.Volumes);
    }

    /// <summary>Leaves the mark of a writer; it is on the disk when this returns. Null when that is not possible.</summary>
    public string? BeginWriting(string mark)
    {
        string name = $"{mark}.writing-{bootId}-{Guid.NewGuid():N}";
        int fd = folder.CreateFile(folder.Volumes, name, WriteOnly | Exclusive);
        if (fd < 0)
        {
            return null;
        }

        _ = Sync(fd);
        _ = Close(fd);
        return Sync(folder.Volumes) == 0 ? name : null;
    }

    /// <summary>Takes the mark away, once all changes are on the disk.</summary>
    public void EndWriting(string name) => _ = UnlinkAt(folder.Volumes, name, 0);

    // A floor that cannot be read is one that was being written when the power went: nothing older than now can be trusted.
    private long Read(string mark)
    {
        int fd = OpenAt(folder.Volumes, mark, ReadOnly | NoFollow | CloseOnExec, 0);
        if (fd < 0)
        {
            return LastError == NoEntry ? 0 : Unreadable;
        }

        byte* record = stackalloc byte[FloorBytes];
        nint got = DiskSyscalls.Read(fd, record, FloorBytes, 0);
        _ = Close(fd);
        bool whole = got == FloorBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(record + 8, 4)) == Crc32C.Compute(new ReadOnlySpan<byte>(record, 8));
        return whole ? BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(record, 8)) : Unreadable;
    }

    private List<string> Names() =>
        [.. new FileSystemEnumerable<string>($"/proc/self/fd/{folder.Volumes}", (ref FileSystemEntry entry) => entry.FileName.ToString())];
}
