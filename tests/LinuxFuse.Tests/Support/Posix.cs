using System.Runtime.InteropServices;

namespace LinuxFuse.Tests.Support;

/// <summary>System calls that .NET has no name for.</summary>
internal static unsafe partial class Posix
{
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int PunchHoleKeepSize = 3;
    public const int SeekData = 3;
    public const int SeekHole = 4;
    public const int ForceUnmount = 1;

    private const int OffsetOfNext = 8;
    private const int OffsetOfName = 19;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    public static partial int Duplicate(int fd);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string created);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Fallocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetXAttr(string path, string name, byte[] value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetXAttr(string path, string name, byte[] value, nuint size);

    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OpenDirectory(string path);

    [LibraryImport("libc", EntryPoint = "readdir", SetLastError = true)]
    private static partial byte* ReadDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "seekdir", SetLastError = true)]
    public static partial void SeekDirectory(nint directory, long position);

    [LibraryImport("libc", EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    public static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>The next entry and the position after it, or null at the end.</summary>
    public static (string Name, long Next)? ReadEntry(nint directory)
    {
        byte* entry = ReadDirectory(directory);
        return entry is null ? null : (Marshal.PtrToStringUTF8((nint)(entry + OffsetOfName))!, *(long*)(entry + OffsetOfNext));
    }
}
