using DataStoreFS.Model;
using DataStoreFS.Mounting.Control;
using LinuxFuse;
using Microsoft.Extensions.Logging;
using Mono.Unix.Native;
using Errno = Mono.Unix.Native.Errno;

namespace DataStoreFS.Mounting;

/// <summary>Whether a directory can be mounted on; clears what a killed daemon has left there.</summary>
internal static class MountPointCheck
{
    private const string DescriptorPrefix = "/dev/fd/";

    // Far longer than a living daemon takes to answer statfs(2) from memory, on a busy machine, too.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>True for <c>/dev/fd/N</c>: somebody else has mounted already.</summary>
    public static bool IsDescriptor(string mountPoint) => mountPoint.StartsWith(DescriptorPrefix, StringComparison.Ordinal);

    /// <param name="mountPoint">As the user named it.</param>
    /// <param name="logger">Hears of a mount that was cleared.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="patience">How long a mount that is there already may take to answer; null: longer than any that lives.</param>
    /// <returns>The canonical mount point.</returns>
    /// <exception cref="DataStoreException">Usage, NotPermitted or Local, in one line.</exception>
    public static async Task<string> PrepareAsync(string mountPoint, ILogger logger, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        if (IsDescriptor(mountPoint))
        {
            return mountPoint;
        }

        string path = CanonicalPath.Of(mountPoint);
        if (path == "/")
        {
            throw Wrong("cannot mount on /");
        }

        if (await IsStaleAsync(path, patience ?? s_patience, cancellationToken).ConfigureAwait(false))
        {
            logger.LogWarning("{MountPoint} was left mounted by a daemon that is gone; clearing it", path);
            await FuseMount.UnmountAsync(path, lazy: true, cancellationToken).ConfigureAwait(false);
        }

        if (MountTable.TypeAt(path) is { } type && type.StartsWith("fuse", StringComparison.Ordinal))
        {
            throw Wrong($"{path} is mounted already ({type}); unmount it first: datastorefs umount {path}");
        }

        RequireEmptyDirectory(path);
        return path;
    }

    /// <summary>A file that the daemon itself uses must not lie below its mount: it would wait for itself.</summary>
    public static void RequireOutside(string mountPoint, string? file, string what)
    {
        if (file is null || IsDescriptor(mountPoint))
        {
            return;
        }

        string canonical = CanonicalPath.Of(file);
        if (canonical == mountPoint || canonical.StartsWith(mountPoint + "/", StringComparison.Ordinal))
        {
            throw Wrong($"the {what} {file} lies below the mount point, where the daemon would wait for itself; choose another place");
        }
    }

    /// <summary>A daemon that is stopped, or was killed while it told the kernel of a change, neither answers nor lets its mount end.</summary>
    private static async Task<bool> IsStaleAsync(string path, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(() => FuseMount.IsStale(path), cancellationToken).WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local,
                $"{path} is mounted already, by a daemon that does not answer; end that daemon, or its mount with: umount -f {path}");
        }
    }

    private static void RequireEmptyDirectory(string path)
    {
        if (Syscall.stat(path, out Stat stat) != 0)
        {
            Errno error = Stdlib.GetLastError();
            throw error switch
            {
                Errno.ENOENT => Wrong($"mount point {path} does not exist; create it with: mkdir -p {path}"),
                Errno.EACCES =>
                    new DataStoreException(DataStoreErrorKind.NotPermitted, $"mount point {path} cannot be reached: {Stdlib.strerror(error)}"),
                _ => new DataStoreException(DataStoreErrorKind.Local, $"mount point {path} cannot be used: {Stdlib.strerror(error)}"),
            };
        }

        if ((stat.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFDIR)
        {
            throw Wrong($"mount point {path} is not a directory");
        }

        try
        {
            if (Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw Wrong($"mount point {path} is not empty; choose an empty directory, since the mount would hide what is in it");
            }
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new DataStoreException(DataStoreErrorKind.NotPermitted, $"mount point {path} cannot be read: permission denied", denied);
        }
    }

    private static DataStoreException Wrong(string message) => new(DataStoreErrorKind.Usage, message);
}
