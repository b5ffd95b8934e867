using System.Security.Cryptography;
using System.Text;
using DataStoreFS.Model;
using Mono.Unix.Native;

namespace DataStoreFS.Mounting.Control;

/// <summary>
/// Where a mount's control socket lives: for root /run/datastorefs, else <c>$XDG_RUNTIME_DIR/datastorefs</c>, else /tmp/datastorefs-UID; the name
/// comes from the canonical mount point, so that client and daemon find each other without touching the mount.
/// </summary>
public static class ControlAddress
{
    private const int NameBytes = 8;

    /// <summary>Where a daemon listens: in the first of the folders that it may use, which is made.</summary>
    /// <exception cref="DataStoreException">NotPermitted or Local: what is wrong with the first one; no other will do either.</exception>
    public static string ToListen(string mountPoint, string? folder = null) =>
        ToListen(mountPoint, folder is not null ? [folder] : Folders(Syscall.geteuid(), Runtime));

    internal static string ToListen(string mountPoint, IReadOnlyList<string> folders)
    {
        DataStoreException? first = null;
        foreach (string candidate in folders)
        {
            try
            {
                EnsureFolder(candidate);
                return Path.Join(candidate, NameOf(mountPoint));
            }
            catch (DataStoreException fault)
            {
                first ??= fault;
            }
        }

        throw first!;
    }

    /// <summary>Where a daemon may listen. Its environment may have been another one: a login's, a batch system's, a service's.</summary>
    public static IReadOnlyList<string> ToAsk(string mountPoint, string? folder = null)
    {
        uint user = Syscall.geteuid();
        string name = NameOf(mountPoint);
        return folder is not null
            ? [Path.Join(folder, name)]
            : [.. Folders(user, Runtime).Append($"/run/user/{user}/datastorefs").Distinct().Where(IsOwn).Select(own => Path.Join(own, name))];
    }

    /// <summary>
    /// In order of preference. XDG_RUNTIME_DIR may name a folder that this node does not have (batch systems hand the login node's on), and /run may
    /// be somebody else's (root in a user namespace).
    /// </summary>
    internal static IReadOnlyList<string> Folders(uint user, string? runtime)
    {
        string shared = $"/tmp/datastorefs-{user}";
        IReadOnlyList<string> own = Path.IsPathRooted(runtime) ? [Path.Join(runtime, "datastorefs"), shared] : [shared];
        return user == 0 ? ["/run/datastorefs", .. own] : own;
    }

    private static string? Runtime => Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");

    private static string NameOf(string mountPoint) =>
        $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalPath.Of(mountPoint))).AsSpan(0, NameBytes))}.sock";

    private static bool IsOwn(string folder) => Syscall.lstat(folder, out Stat stat) == 0
        && (stat.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR
        && stat.st_uid == Syscall.geteuid()
        && (stat.st_mode & (FilePermissions.S_IWGRP | FilePermissions.S_IWOTH)) == 0;

    /// <summary>Makes the folder, for its owner only. One that somebody else could write to is refused: /tmp is everybody's.</summary>
    /// <exception cref="DataStoreException">NotPermitted or Local.</exception>
    internal static void EnsureFolder(string folder)
    {
        const FilePermissions ownerOnly = FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IXUSR;
        if (Syscall.mkdir(folder, ownerOnly) != 0 && Stdlib.GetLastError() is not Errno.EEXIST and Errno error)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local,
                $"cannot create the folder of control sockets {folder}: {Stdlib.strerror(error)}; set XDG_RUNTIME_DIR to a folder of your own");
        }

        if (!IsOwn(folder))
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
