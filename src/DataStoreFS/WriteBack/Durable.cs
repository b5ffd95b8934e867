using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace DataStoreFS.WriteBack;

/// <summary>What makes names and files survive a power cut, and a folder belong to one process.</summary>
internal static class Durable
{
    /// <summary>fsync of the folder: a new, renamed or removed name in it is durable.</summary>
    /// <exception cref="IOException">With the errno as its HResult.</exception>
    public static void SyncFolder(string folder)
    {
        int fd = Syscall.open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (fd < 0)
        {
            throw Failure(folder);
        }

        int result = Syscall.fsync(fd);
        IOException? failure = result < 0 ? Failure(folder) : null;
        _ = Syscall.close(fd);
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Makes a folder and those on the way to it, for this user alone, so that a power cut does not take them back.</summary>
    /// <exception cref="IOException">With the errno as its HResult.</exception>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string parent = Path.GetDirectoryName(path)!;
        CreateFolder(parent);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        SyncFolder(parent);
    }

    /// <summary>A whole small file, durable under its name or not there at all.</summary>
    /// <exception cref="IOException">With the errno as its HResult.</exception>
    public static void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + ".new";
        using (SafeFileHandle file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.Write(file, content, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(temporary, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>The last system call's errno as an exception.</summary>
    public static IOException Failure(string path)
    {
        Errno errno = Stdlib.GetLastError();
        return new IOException($"{path}: {Stdlib.strerror(errno)}", NativeConvert.FromErrno(errno));
    }
}
