using System.Runtime.InteropServices;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// The system calls of the disk tier. File handles of .NET would open by path, follow symbolic links, take a lock and stat on every open;
/// here every name is one component below an open folder.
/// </summary>
internal static unsafe partial class DiskSyscalls
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NoAccessTime = 0x40000;
    public const int CloseOnExec = 0x80000;

    public const int PermissionDenied = 1; // EPERM
    public const int NoEntry = 2; // ENOENT
    public const int BadDescriptor = 9; // EBADF: the folder that is -1 since it is not there
    public const int TryAgain = 11; // EAGAIN
    public const int Exists = 17; // EEXIST
    public const int Invalid = 22; // EINVAL
    public const int NoSpace = 28; // ENOSPC
    public const int NoSystemCall = 38; // ENOSYS
    public const int NotSupported = 95; // EOPNOTSUPP
    public const int QuotaExceeded = 122; // EDQUOT

    public const int ReadNoWait = 8; // RWF_NOWAIT: only what is in the page cache

    // include/uapi/linux/openat2.h
    private const ulong ResolveNoSymlinks = 0x04;
    private const ulong ResolveBeneath = 0x08;
    private const ulong ResolveCached = 0x20;
    private const long OpenAt2Number = 437; // the same on every architecture (syscalls after 423 are)
    private const long CacheStatusNumber = 451;

    private const int GetFlags = 3;
    private const int SetFlags = 4;

    // fcntl.h: locks that belong to the open file, not to the process, so that they also hold between threads' own descriptors.
    private const int OpenFileGetLock = 36;
    private const int OpenFileSetLock = 37;
    private const short ReadLock = 0;
    private const short WriteLock = 1;
    private const short NoLock = 2;

    /// <summary>O_NOFOLLOW, O_DIRECTORY and O_DIRECT have other values on arm64 (arch/arm64/include/uapi/asm/fcntl.h).</summary>
    public static int NoFollow { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    public static int DirectoryOnly { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    private static int Direct { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(int folder, string name, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int folder, byte* name, int flags, int mode);

    /// <summary>Opens only when the name needs no disk access to be resolved; otherwise -1 with <see cref="TryAgain"/>.</summary>
    public static int OpenAtCached(int folder, byte* name, int flags)
    {
        OpenHow how = new() { Flags = (ulong)(uint)flags, Resolve = ResolveNoSymlinks | ResolveBeneath | ResolveCached };
        return (int)OpenAt2(OpenAt2Number, folder, name, &how, sizeof(OpenHow));
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long OpenAt2(long number, long folder, byte* name, OpenHow* how, long size);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    /// <summary>Makes <paramref name="to"/> name what <paramref name="from"/> names, in one step.</summary>
    [LibraryImport("libc", EntryPoint = "dup3", SetLastError = true)]
    public static partial int Duplicate(int from, int to, int flags);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint Write(int fd, byte* buffer, nint length, long offset);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    public static partial nint ReadVector(int fd, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    public static partial nint WriteVector(int fd, IoVector* vectors, int count, long offset);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameAt(int fromFolder, string from, int toFolder, string to);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UnlinkAt(int folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFolderAt(int folder, string name, int mode);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(int fd, int mode);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(int fd);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    public static partial int SetTimes(int fd, TimeSpec* times);

    [LibraryImport("libc", EntryPoint = "fstatvfs", SetLastError = true)]
    public static partial int FileSystemStatus(int fd, FileSystemSize* status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string name, int flags, uint mask, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int fd, int command, FileLock* argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long CacheStat(long number, long fd, CachedRange* range, CachedPages* pages, long flags);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, int who, int niceness);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    public static bool Status(int fd, out FileStatus status)
    {
        const int EmptyPath = 0x1000;
        const uint BasicStatistics = 0x7ff;
        fixed (FileStatus* pointer = &status)
        {
            return StatX(fd, "", EmptyPath, BasicStatistics, pointer) == 0;
        }
    }

    /// <summary>Locks or unlocks one byte of a file against other openers of it. Does not wait.</summary>
    public static bool LockByte(int fd, long offset, bool locked)
    {
        FileLock request = new() { Type = locked ? WriteLock : NoLock, Start = offset, Length = 1 };
        return FileControl(fd, OpenFileSetLock, &request) == 0;
    }

    /// <summary>Locks one byte of a file as many openers may at a time, until <paramref name="fd"/> is closed.</summary>
    public static bool ShareByte(int fd, long offset)
    {
        FileLock request = new() { Type = ReadLock, Start = offset, Length = 1 };
        return FileControl(fd, OpenFileSetLock, &request) == 0;
    }

    /// <summary>Whether no other opener of the file has locked the byte in any way; false also where the file system has no locks.</summary>
    public static bool IsByteFree(int fd, long offset)
    {
        FileLock request = new() { Type = WriteLock, Start = offset, Length = 1 };
        return FileControl(fd, OpenFileGetLock, &request) == 0 && request.Type == NoLock;
    }

    /// <summary>From now on reads of <paramref name="fd"/> go past the page cache, or through it again.</summary>
    public static bool SetDirect(int fd, bool direct)
    {
        int flags = FileControl(fd, GetFlags, (nint)0);
        return flags >= 0 && FileControl(fd, SetFlags, (nint)(direct ? flags | Direct : flags & ~Direct)) == 0;
    }

    /// <summary>Which pages of the first <paramref name="bytes"/> bytes of a file are in memory (cachestat(2), Linux 6.5).</summary>
    public static bool CacheStatus(int fd, long bytes, CachedPages* pages)
    {
        CachedRange range = new() { Length = (ulong)bytes };
        return CacheStat(CacheStatusNumber, fd, &range, pages, 0) == 0;
    }

    public struct IoVector
    {
        public byte* Base;
        public nint Length;
    }

    public struct TimeSpec
    {
        public const long Now = 0x3fffffff;
        public const long Omit = 0x3ffffffe;

        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct statx of include/uapi/linux/stat.h; the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct FileStatus
    {
        private const int TypeMask = 0xf000;

        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public long Length;

        [FieldOffset(64)]
        public long AccessSeconds;

        [FieldOffset(112)]
        public long WriteSeconds;

        public readonly bool IsFolder => (Mode & TypeMask) == 0x4000;

        public readonly bool IsFile => (Mode & TypeMask) == 0x8000;
    }

    /// <summary>struct statvfs of the 64-bit C libraries.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct FileSystemSize
    {
        [FieldOffset(8)]
        public ulong FragmentBytes;

        [FieldOffset(16)]
        public ulong Fragments;

        [FieldOffset(32)]
        public ulong Available;
    }

    /// <summary>struct cachestat of include/uapi/linux/mman.h.</summary>
    public struct CachedPages
    {
        public ulong Cached;
        public ulong Dirty;
        public ulong BeingWritten;
        public ulong Evicted;
        public ulong RecentlyEvicted;
    }

    private struct CachedRange
    {
        public ulong Offset;
        public ulong Length;
    }

    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct FileLock
    {
        [FieldOffset(0)]
        public short Type;

        [FieldOffset(8)]
        public long Start;

        [FieldOffset(16)]
        public long Length;
    }
}
