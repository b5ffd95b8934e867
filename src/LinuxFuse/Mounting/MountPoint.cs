using LinuxFuse.Interop;

namespace LinuxFuse.Mounting;

/// <summary>Questions to ask of a directory before something is mounted on it.</summary>
internal static unsafe class MountPoint
{
    /// <summary>Larger than struct statfs of any architecture.</summary>
    private const int StatFsBytes = 256;

    /// <summary>The path as the mount table will show it.</summary>
    /// <exception cref="FuseException">There is nothing to mount on.</exception>
    public static string Check(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (IsStale(path))
            throw new FuseException($"{path} is a dead mount: take it away with fusermount3 -u {path}", Errno.ENOTCONN);
        if (Libc.Access(path, 0) != 0)
        {
            Errno error = Libc.LastErrno;
            throw new FuseException(
                error switch
                {
                    Errno.ENOENT => $"mount point {path} does not exist: create the directory first",
                    Errno.EACCES => $"mount point {path} is not accessible: {Libc.Describe(error)}",
                    _ => $"mount point {path} cannot be used: {Libc.Describe(error)}",
                },
                error);
        }

        if (!Directory.Exists(path))
            throw new FuseException($"mount point {path} is not a directory", Errno.ENOTDIR);
        return MountTable.Resolve(path);
    }

    /// <summary>
    /// True if a FUSE mount is there whose daemon is gone. Asked by statfs(2), which always goes to the daemon, while stat(2) may be answered
    /// from the kernel's cache. Only asked of FUSE mounts, so that nothing else is touched.
    /// </summary>
    public static bool IsStale(string path)
    {
        if (MountTable.Find(path) is not { IsFuse: true })
            return false;
        byte* status = stackalloc byte[StatFsBytes];
        return Libc.StatFs(path, status) != 0 && Libc.LastErrno is (Errno.ENOTCONN or Errno.ECONNABORTED);
    }
}
