using System.Globalization;
using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>
/// The overlay's folder on disk: <c>upper</c> holds what is shown, <c>work</c> what is being made or taken apart, so that names appear and vanish at
/// once. A shared lock on <c>work</c> says that a mount is using it; what an earlier one left there is removed by the first that finds it alone.
/// </summary>
internal sealed partial class UpperTree : IDisposable
{
    private readonly UpperFolder _lock;
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Guid.NewGuid():N}-");
    private int _counter;

    private UpperTree(UpperFolder root, UpperFolder work, UpperFolder folderLock) => (Root, Work, _lock) = (root, work, folderLock);

    public UpperFolder Root { get; }

    public UpperFolder Work { get; }

    /// <summary>Somebody else was using it when it was opened.</summary>
    public bool IsShared { get; private set; }

    /// <exception cref="IOException">With the errno as its HResult.</exception>
    public static UpperTree Open(string folder)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        string upper = Path.Combine(folder, "upper");
        string work = Path.Combine(folder, "work");
        Directory.CreateDirectory(folder, Private);
        Directory.CreateDirectory(
            upper, Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(work, Private);
        UpperFolder root = default;
        UpperFolder workFolder = default;
        try
        {
            Require(Native.OpenFolder(upper, out root), upper);
            Require(Native.OpenFolder(work, out workFolder), work);
            int fd = Syscall.open(work, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
            Require(fd < 0 ? Native.LastErrno : 0, work);
            UpperTree tree = new(root, workFolder, new UpperFolder(fd));
            tree.CleanUp();
            return tree;
        }
        catch
        {
            root.Dispose();
            workFolder.Dispose();
            throw;
        }
    }

    /// <summary>A name in <see cref="Work"/> that nobody else uses.</summary>
    public string NewName() => _prefix + Interlocked.Increment(ref _counter).ToString(CultureInfo.InvariantCulture);

    /// <summary>Names and inodes in an upper folder, the overlay's own marks included.</summary>
    public static int Read(int parent, string name, out List<(string DiskName, ulong Inode)> entries)
    {
        entries = [];
        int fd = Syscall.openat(parent, name, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC);
        if (fd < 0)
        {
            return Native.LastErrno;
        }

        nint stream = Syscall.fdopendir(fd); // owns fd from here on
        while (Syscall.readdir(stream) is { } entry)
        {
            if (entry.d_name is not ("." or ".."))
            {
                entries.Add((entry.d_name, entry.d_ino));
            }
        }

        _ = Syscall.closedir(stream);
        return PosixErrno.None;
    }

    /// <summary>Removes something with all that is in it; never leaves it through a symbolic link.</summary>
    public static int RemoveAll(int parent, string name)
    {
        int error = Native.Result(Syscall.unlinkat(parent, name, 0));
        if (error is not (PosixErrno.EISDIR or PosixErrno.EPERM))
        {
            return error;
        }

        error = Native.OpenFolder(parent, name, out UpperFolder folder);
        using (folder)
        {
            if (error == 0 && Read(folder.Fd, ".", out List<(string DiskName, ulong Inode)> entries) == 0)
            {
                foreach ((string child, _) in entries)
                {
                    error = RemoveAll(folder.Fd, child);
                    if (error != 0)
                    {
                        return error;
                    }
                }
            }
        }

        return error == 0 ? Native.Result(Syscall.unlinkat(parent, name, AtFlags.AT_REMOVEDIR)) : error;
    }

    /// <summary>Takes a name away at once, whatever lies under it.</summary>
    public int Discard(int parent, string name)
    {
        string gone = NewName();
        int error = Native.Rename(parent, name, Work.Fd, gone, 0);
        return error == 0 ? RemoveAll(Work.Fd, gone) : error;
    }

    public void Dispose()
    {
        Root.Dispose();
        Work.Dispose();
        _lock.Dispose();
    }

    private void CleanUp()
    {
        const int Shared = 1;
        const int Exclusive = 2;
        const int NoWait = 4;
        IsShared = Flock(_lock.Fd, Exclusive | NoWait) != 0;
        if (!IsShared && Read(Work.Fd, ".", out List<(string DiskName, ulong Inode)> left) == 0)
        {
            foreach ((string name, _) in left)
            {
                _ = RemoveAll(Work.Fd, name); // what cannot be removed is in nobody's way: names are never used twice
            }
        }

        _ = Flock(_lock.Fd, Shared | NoWait);
    }

    private static void Require(int error, string path)
    {
        if (error != 0)
        {
            throw new IOException($"{path}: {Stdlib.strerror(NativeConvert.ToErrno(error))}", error);
        }
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(int fd, int operation);
}
