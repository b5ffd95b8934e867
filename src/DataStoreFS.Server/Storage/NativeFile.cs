using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace DataStoreFS.Server.Storage;

/// <summary>
/// The four calls a block read consists of, straight from libc: a block that is missing is the usual case in microscopy, and
/// <c>File.OpenHandle</c> makes it an exception, adds a path string, a lock query and a handle object to each block.
/// </summary>
internal static unsafe partial class NativeFile
{
    private const int NoEntry = 2;
    private const int Interrupted = 4;
    private const int Exists = 17;
    private const int NotADirectory = 20;
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;

    // O_RDONLY | O_CLOEXEC | O_NONBLOCK: a named pipe in the place of a block must not hold up the server.
    private const int OpenFlags = 0x80000 | 0x800;
    private const uint DirectoryMode = 0x1ff; // 0777, less the umask
    private const uint BasicStats = 0x7ff;
    private const ushort TypeMask = 0xf000;
    private const ushort RegularFile = 0x8000;

    /// <summary>A path as these calls take it: UTF-8, ending in a zero.</summary>
    public static byte[] PathBytes(string path) => [.. Encoding.UTF8.GetBytes(path), 0];

    /// <returns>A descriptor, or -1 when there is no such file.</returns>
    /// <param name="path">UTF-8, ending in a zero.</param>
    /// <exception cref="IOException">There is something, and it cannot be opened.</exception>
    public static int OpenForReading(ReadOnlySpan<byte> path)
    {
        fixed (byte* pointer = path)
        {
            while (true)
            {
                int fd = Open(pointer, OpenFlags, 0);
                if (fd >= 0)
                {
                    return fd;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error is NoEntry or NotADirectory)
                {
                    return -1;
                }

                if (error != Interrupted)
                {
                    throw Failure("open", error);
                }
            }
        }
    }

    /// <summary>Bytes of an open regular file.</summary>
    /// <exception cref="IOException">It is a directory or a device.</exception>
    public static long Length(int fd)
    {
        byte none = 0;
        Statx stat;
        if (Stat(fd, &none, EmptyPath, BasicStats, &stat) != 0)
        {
            throw Failure("stat", Marshal.GetLastPInvokeError());
        }

        return (stat.Mode & TypeMask) == RegularFile ? (long)stat.Size : throw new IOException("a block is no regular file");
    }

    /// <summary>What identifies a file's content without reading it; default when there is no such file.</summary>
    public static FileStamp Stamp(ReadOnlySpan<byte> path)
    {
        fixed (byte* pointer = path)
        {
            Statx stat;
            return Stat(CurrentDirectory, pointer, 0, BasicStats, &stat) != 0
                ? default
                : new FileStamp(stat.Inode, stat.Size, stat.Modified.Seconds, stat.Modified.Nanoseconds);
        }
    }

    /// <summary>Reads until the span is full or the file ends.</summary>
    public static int ReadAt(int fd, Span<byte> target, long offset)
    {
        int done = 0;
        fixed (byte* pointer = target)
        {
            while (done < target.Length)
            {
                nint count = Read(fd, pointer + done, (nuint)(target.Length - done), offset + done);
                if (count == 0)
                {
                    break;
                }

                if (count > 0)
                {
                    done += (int)count;
                }
                else if (Marshal.GetLastPInvokeError() is int error && error != Interrupted)
                {
                    throw Failure("read", error);
                }
            }
        }

        return done;
    }

    /// <summary>Makes one directory; it may be there already.</summary>
    /// <exception cref="DirectoryNotFoundException">The parent is gone: nobody makes a deleted version come back by writing into it.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void MakeDirectory(ReadOnlySpan<byte> path)
    {
        fixed (byte* pointer = path)
        {
            if (MakeFolder(pointer, DirectoryMode) == 0)
            {
                return;
            }
        }

        int error = Marshal.GetLastPInvokeError();
        if (error == NoEntry)
        {
            throw new DirectoryNotFoundException("the level's folder is gone");
        }

        if (error != Exists)
        {
            throw Failure("mkdir", error);
        }
    }

    /// <summary>Makes the names in a directory durable: a file that is on the disk is of no use without its name.</summary>
    /// <exception cref="IOException">The directory is gone, or the disk fails.</exception>
    public static void SyncFolder(string path)
    {
        int fd = OpenForReading(PathBytes(path));
        if (fd < 0)
        {
            throw new DirectoryNotFoundException($"{path} is gone");
        }

        int result = Sync(fd);
        int error = Marshal.GetLastPInvokeError();
        Close(fd);
        if (result != 0)
        {
            throw Failure("fsync", error);
        }
    }

    public static void Close(int fd) => _ = CloseFile(fd);

    private static IOException Failure(string call, int error) => new($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(int directory, byte* path, int flags, uint mask, Statx* result);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeFolder(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int fd);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseFile(int fd);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timestamp
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Reserved;
    }

    // struct statx of linux/stat.h: the same layout on every architecture, 256 bytes.
    [StructLayout(LayoutKind.Sequential)]
    private struct Statx
    {
        public uint Mask;
        public uint PreferredSize;
        public ulong Attributes;
        public uint Links;
        public uint User;
        public uint Group;
        public ushort Mode;
        public ushort Spare;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public Timestamp Accessed;
        public Timestamp Born;
        public Timestamp Changed;
        public Timestamp Modified;
        public Rest Tail;
    }

    [InlineArray(128)]
    private struct Rest
    {
        private byte _first;
    }
}
