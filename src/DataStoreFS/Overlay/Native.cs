using System.Globalization;
using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>System calls relative to open folders; answers are errno, 0 for success. Never follows a symbolic link in the last name.</summary>
internal static unsafe partial class Native
{
    private const OpenFlags Always = OpenFlags.O_CLOEXEC | OpenFlags.O_NOFOLLOW;
    private const int PathOnly = 0x20_0000; // O_PATH, the same everywhere; Mono's helper library was built without it
    private const int WorkingFolder = -100; // AT_FDCWD

    // O_DIRECTORY and O_NOFOLLOW differ between x64 and arm64; the helper library knows its own.
    private static readonly int s_folderFlags = NativeConvert.FromOpenFlags(Always | OpenFlags.O_DIRECTORY) | PathOnly;
    private static readonly int s_givenFolderFlags = NativeConvert.FromOpenFlags(OpenFlags.O_CLOEXEC | OpenFlags.O_DIRECTORY) | PathOnly;
    private static readonly int s_nameFlags = NativeConvert.FromOpenFlags(Always) | PathOnly;

    public static bool IsRoot { get; } = Syscall.geteuid() == 0;

    /// <summary>The errno of the call just made. Mono's own translation throws on numbers that it does not know.</summary>
    public static int LastErrno => Marshal.GetLastPInvokeError();

    public static int Result(int result) => result < 0 ? LastErrno : PosixErrno.None;

    public static int OpenFolder(int parent, string name, out UpperFolder folder) => Opened(OpenAt(parent, name, s_folderFlags), out folder);

    /// <summary>The folder that the user gave: may be a symbolic link.</summary>
    public static int OpenFolder(string path, out UpperFolder folder) => Opened(OpenAt(WorkingFolder, path, s_givenFolderFlags), out folder);

    /// <summary>Opens a file's name without opening the file: for calls that take /proc/self/fd and must not be led astray.</summary>
    public static int OpenName(int parent, string name, out UpperFolder handle) => Opened(OpenAt(parent, name, s_nameFlags), out handle);

    /// <summary>Non-blocking, so that a pipe that somebody put there cannot hang the mount.</summary>
    public static int OpenFile(int parent, string name, OpenFlags flags, uint mode, out int fd)
    {
        fd = Syscall.openat(parent, name, Always | OpenFlags.O_NONBLOCK | flags, NativeConvert.ToFilePermissions(mode & 0xFFF));
        return fd < 0 ? LastErrno : PosixErrno.None;
    }

    public static int Stat(int parent, string name, out OverlayStat stat)
    {
        int error = Result(Syscall.fstatat(parent, name, out Stat raw, AtFlags.AT_SYMLINK_NOFOLLOW));
        stat = error == 0 ? OverlayStat.From(raw) : default;
        return error;
    }

    public static int Stat(int fd, out OverlayStat stat)
    {
        int error = Result(Syscall.fstat(fd, out Stat raw));
        stat = error == 0 ? OverlayStat.From(raw) : default;
        return error;
    }

    public static bool Exists(int parent, string name) => Stat(parent, name, out _) == 0;

    public static int Touch(int parent, string name)
    {
        int error = OpenFile(parent, name, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180, out int fd); // 0600
        return error == 0 ? Result(Syscall.close(fd)) : error;
    }

    public static int Rename(int fromParent, string from, int toParent, string to, uint flags) =>
        Result(RenameAt2(fromParent, from, toParent, to, flags));

    public static int Allocate(int fd, int mode, long offset, long length) => Result(FAllocate(fd, mode, offset, length));

    /// <summary>A path that means an open handle, whatever happens to its name.</summary>
    public static string PathOf(int fd) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}");

    /// <summary>Owner first: chown clears the set-id bits that chmod sets.</summary>
    public static int SetOwnerAndMode(int parent, string name, OverlayOwner owner, uint mode)
    {
        int error = IsRoot ? Result(Syscall.fchownat(parent, name, owner.Uid, owner.Gid, AtFlags.AT_SYMLINK_NOFOLLOW)) : PosixErrno.None;
        return error == 0 ? SetMode(parent, name, mode) : error;
    }

    public static int SetMode(int parent, string name, uint mode)
    {
        int error = OpenName(parent, name, out UpperFolder handle);
        using (handle)
        {
            return error == 0 ? Result(Syscall.chmod(PathOf(handle.Fd), NativeConvert.ToFilePermissions(mode & 0xFFF))) : error;
        }
    }

    public static int SetTimes(int parent, string name, OverlayTime? accessed, OverlayTime? modified) =>
        Result(Syscall.utimensat(parent, name, Times(accessed, modified), AtFlags.AT_SYMLINK_NOFOLLOW));

    public static Timespec[] Times(OverlayTime? accessed, OverlayTime? modified) => [Time(accessed), Time(modified)];

    private static Timespec Time(OverlayTime? time)
    {
        const long Omit = (1L << 30) - 2; // UTIME_OMIT
        return time is { } t ? new Timespec { tv_sec = t.Seconds, tv_nsec = t.Nanoseconds } : new Timespec { tv_nsec = Omit };
    }

    private static int Opened(int fd, out UpperFolder folder)
    {
        folder = new UpperFolder(fd);
        return fd < 0 ? LastErrno : PosixErrno.None;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int parent, string name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromParent, string from, int toParent, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int FAllocate(int fd, int mode, long offset, long length);
}

/// <summary>An open handle, mostly of a folder. Whoever got it from a call disposes it; -1 is none.</summary>
internal readonly struct UpperFolder(int fd) : IDisposable
{
    private readonly int _number = fd + 1; // so that default is none, not standard input

    public int Fd => _number - 1;

    public void Dispose()
    {
        if (Fd >= 0)
        {
            _ = Syscall.close(Fd);
        }
    }
}
