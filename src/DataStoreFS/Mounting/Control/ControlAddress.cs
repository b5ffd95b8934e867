using System.Security.Cryptography;
using System.Text;
using DataStoreFS.Model;
using Mono.Unix.Native;

namespace DataStoreFS.Mounting.Control;

/// <summary>
/// Where a mount's control socket lives: <c>$XDG_RUNTIME_DIR/datastorefs</c>, for root /run/datastorefs, else /tmp/datastorefs-UID; the name comes
/// from the canonical mount point, so that client and daemon find each other without touching the mount.
/// </summary>
public static class ControlAddress
{
    private const int NameBytes = 8;

    public static string SocketFor(string mountPoint, string? folder = null) =>
        Path.Join(
            folder ?? DefaultFolder(),
            $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalPath.Of(mountPoint))).AsSpan(0, NameBytes))}.sock");

    public static string DefaultFolder()
    {
        uint user = Syscall.geteuid();
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return user == 0 ? "/run/datastorefs"
            : string.IsNullOrEmpty(runtime) || !Path.IsPathRooted(runtime) ? $"/tmp/datastorefs-{user}"
            : Path.Join(runtime, "datastorefs");
    }

    /// <summary>Makes the folder, for its owner only. One that somebody else could write to is refused: /tmp is everybody's.</summary>
    /// <exception cref="DataStoreException">NotPermitted or Local.</exception>
    internal static void EnsureFolder(string folder)
    {
        const FilePermissions ownerOnly = FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IXUSR;
        if (Syscall.mkdir(folder, ownerOnly) != 0 && Stdlib.GetLastError() is not Errno.EEXIST and Errno error)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, $"cannot create the folder of control sockets {folder}: {Stdlib.strerror(error)}");
        }

        bool mine = Syscall.lstat(folder, out Stat stat) == 0
            && (stat.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR
            && stat.st_uid == Syscall.geteuid()
            && (stat.st_mode & (FilePermissions.S_IWGRP | FilePermissions.S_IWOTH)) == 0;
        if (!mine)
        {
            throw new DataStoreException(
                DataStoreErrorKind.NotPermitted,
                $"will not put a control socket into {folder}: it is not a directory that only this user can write to; "
                    + "remove it or set XDG_RUNTIME_DIR");
        }
    }

    /// <summary>Mode 0600. Until this is done the folder's mode keeps others out.</summary>
    internal static void KeepToOwner(string path)
    {
        if (Syscall.chmod(path, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR) != 0)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, $"cannot restrict {path} to its owner: {Stdlib.strerror(Stdlib.GetLastError())}");
        }
    }
}
