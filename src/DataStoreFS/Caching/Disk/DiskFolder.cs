using System.Globalization;
using DataStoreFS.Model;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// The folder of a disk tier and its sub-folders as open descriptors: <c>00</c>…<c>ff</c> for blocks, <c>volumes</c> for what is remembered of
/// datasets. Every later name is one component below one of these and is never followed if it is a link.
/// </summary>
/// <remarks>
/// Contract. Owns the descriptors; <see cref="Dispose"/> closes them, after everything that reads or writes has stopped. When the folder was
/// deleted by someone, <see cref="Recover"/> makes it again and puts the new descriptors under the old numbers (dup3), so that a number that
/// another thread is using never names anything else.
/// </remarks>
internal sealed class DiskFolder : IDisposable
{
    public const int Shards = 256;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly int[] _shards = new int[Shards];
    private readonly int _root;

    private DiskFolder(string path, int root, FileStatus status)
    {
        _path = path;
        _root = root;
        const int GroupWrite = 0x10;
        const int SetGroup = 0x400;
        bool shared = (status.Mode & GroupWrite) != 0;
        FileMode = shared ? Octal("660") : Octal("600");
        FolderMode = shared ? Octal("770") | (status.Mode & SetGroup) : Octal("700");
        Array.Fill(_shards, -1);
        Volumes = OpenBelow(_root, "volumes");
    }

    public int Root => _root;

    public int Volumes { get; }

    /// <summary>0600, or 0660 in a folder whose group may write: that is how an administrator shares a cache between users.</summary>
    public int FileMode { get; }

    public int FolderMode { get; }

    /// <summary>Opens the folder, making it (mode 0700) when it is not there.</summary>
    /// <exception cref="DataStoreException">Local: it cannot be used, and why.</exception>
    public static DiskFolder Open(string path)
    {
        path = Path.GetFullPath(path);
        int root = OpenRoot(path, out FileStatus status);
        const int OthersWrite = 0x2;
        const int Sticky = 0x200;
        uint user = EffectiveUser();
        if ((status.Mode & OthersWrite) != 0)
        {
            _ = Close(root);
            if ((status.Mode & Sticky) == 0)
            {
                throw Unusable(
                    path, "every user of this machine may replace files in it; use a folder of mode 0700, or 2770 with a group that you trust");
            }

            // In a folder like /var/tmp anybody can add files with wrong voxels in them, so there every user has a cache of their own.
            path = Path.Combine(path, "datastorefs-" + user.ToString(CultureInfo.InvariantCulture));
            root = OpenRoot(path, out status);
            if (status.User != user || (status.Mode & Octal("022")) != 0)
            {
                _ = Close(root);
                throw Unusable(path, "it belongs to another user, or others may write to it; remove it or name another folder");
            }
        }
        else if (status.User != user && status.User != 0 && (status.Mode & Octal("020")) == 0)
        {
            _ = Close(root);
            throw Unusable(path, "it belongs to another user, who could replace blocks in it; name another folder");
        }

        return new DiskFolder(path, root, status);
    }

    /// <summary>
    /// The descriptor of the folder of blocks whose hash begins with <paramref name="shard"/>; -1 when it is not there (or cannot be made).
    /// </summary>
    public int Shard(byte shard, bool make = false)
    {
        int fd = Volatile.Read(ref _shards[shard]);
        return fd >= 0 ? fd : OpenShard(shard, make);
    }

    /// <summary>Makes what somebody has deleted under our feet. False when that is not possible now.</summary>
    public bool Recover()
    {
        lock (_gate)
        {
            try
            {
                Replace(_root, OpenRoot(_path, out _));
                Replace(Volumes, OpenBelow(_root, "volumes"));
                for (int shard = 0; shard < Shards; shard++)
                {
                    if (_shards[shard] >= 0)
                    {
                        Replace(_shards[shard], OpenBelow(_root, ShardName(shard)));
                    }
                }

                return true;
            }
            catch (DataStoreException)
            {
                // The tier goes on without a folder: everything is a miss, and the caller tells the user once.
                return false;
            }
        }
    }

    /// <summary>Bytes that this user may still write, and the size of the file system.</summary>
    public unsafe (long Available, long Total) Space()
    {
        FileSystemSize size;
        return FileSystemStatus(_root, &size) == 0
            ? ((long)(size.Available * size.FragmentBytes), (long)(size.Fragments * size.FragmentBytes))
            : (long.MaxValue, long.MaxValue);
    }

    /// <summary>Opens or makes a file that is private to the cache's users, whatever the umask.</summary>
    public int CreateFile(int folder, string name, int flags)
    {
        int fd = OpenAt(folder, name, flags | Create | NoFollow | CloseOnExec, FileMode);
        if (fd >= 0 && (flags & Exclusive) != 0 && FileMode != Octal("600"))
        {
            _ = ChangeMode(fd, FileMode);
        }

        return fd;
    }

    public void Dispose()
    {
        foreach (int fd in (ReadOnlySpan<int>)[.. _shards, Volumes, _root])
        {
            if (fd >= 0)
            {
                _ = Close(fd);
            }
        }
    }

    public static string ShardName(int shard) => shard.ToString("x2", CultureInfo.InvariantCulture);

    private int OpenShard(byte shard, bool make)
    {
        lock (_gate)
        {
            if (_shards[shard] < 0)
            {
                string name = ShardName(shard);
                int made = make ? MakeFolderAt(_root, name, FolderMode) : -1;
                int fd = OpenAt(_root, name, ReadOnly | DirectoryOnly | NoFollow | CloseOnExec, 0);
                if (made == 0 && fd >= 0)
                {
                    _ = ChangeMode(fd, FolderMode);
                }

                Volatile.Write(ref _shards[shard], fd);
            }

            return _shards[shard];
        }
    }

    private int OpenBelow(int folder, string name)
    {
        int made = MakeFolderAt(folder, name, FolderMode);
        int fd = OpenAt(folder, name, ReadOnly | DirectoryOnly | NoFollow | CloseOnExec, 0);
        if (fd < 0)
        {
            throw Unusable(Path.Combine(_path, name), Describe(LastError));
        }

        if (made == 0)
        {
            _ = ChangeMode(fd, FolderMode);
        }

        return fd;
    }

    private static int OpenRoot(string path, out FileStatus status)
    {
        const int CurrentFolder = -100; // AT_FDCWD
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? "/");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e.Message, e);
        }

        _ = MakeFolderAt(CurrentFolder, path, Octal("700")); // that it exists is not an error, and any other one comes back from opening it
        int fd = OpenAt(CurrentFolder, path, ReadOnly | DirectoryOnly | NoFollow | CloseOnExec, 0);
        if (fd < 0)
        {
            int error = LastError; // before others put theirs in its place
            string why = new FileInfo(path).LinkTarget is not null ? "it is a symbolic link; name the folder it points to"
                : File.Exists(path) ? "it is a file; name a folder"
                : Describe(error);
            throw Unusable(path, why);
        }

        if (!Status(fd, out status))
        {
            string why = Describe(LastError);
            _ = Close(fd);
            throw Unusable(path, why);
        }

        return fd;
    }

    private static void Replace(int old, int fresh)
    {
        _ = Duplicate(fresh, old, CloseOnExec);
        _ = Close(fresh);
    }

    private static int Octal(string digits) => Convert.ToInt32(digits, 8);

    private static DataStoreException Unusable(string path, string why, Exception? inner = null) =>
        new(DataStoreErrorKind.Local, $"cannot use '{path}' as the disk cache: {why}", inner);
}
