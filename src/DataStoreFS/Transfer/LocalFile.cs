using DataStoreFS.Model;
using Mono.Unix.Native;

namespace DataStoreFS.Transfer;

/// <summary>Local files that may be anything: checked before they are opened or memory is taken, faults with their names.</summary>
internal static class LocalFile
{
    // As N5 attributes are read elsewhere.
    private const int LargestSmall = 1 << 20;

    /// <summary>What a path is, following links.</summary>
    /// <param name="Length">Bytes.</param>
    /// <param name="Changed">When its content or its inode changed last, whichever is later: a file that was moved here keeps its older time of
    /// writing.</param>
    /// <param name="IsCoarse">Whether the file system keeps whole seconds only.</param>
    public readonly record struct Status(long Length, DateTimeOffset Changed, bool IsCoarse);

    /// <exception cref="DataStoreException">InvalidData: no regular file. Local: it is not there, or not to be looked at.</exception>
    public static Status Require(string path)
    {
        if (Syscall.stat(path, out Stat stat) != 0)
        {
            Errno errno = Stdlib.GetLastError();
            throw new DataStoreException(DataStoreErrorKind.Local, $"cannot read {path}: {Stdlib.strerror(errno)}");
        }

        // Opening a pipe would wait for its other end.
        if ((stat.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFREG)
        {
            throw new DataStoreException(DataStoreErrorKind.InvalidData, $"{path} is no regular file");
        }

        DateTimeOffset written = Time(stat.st_mtime, stat.st_mtime_nsec);
        DateTimeOffset moved = Time(stat.st_ctime, stat.st_ctime_nsec);
        return new Status(stat.st_size, written > moved ? written : moved, stat is { st_mtime_nsec: 0, st_ctime_nsec: 0 });
    }

    /// <exception cref="DataStoreException">As of <see cref="Require"/>; InvalidData: too long.</exception>
    public static byte[] Read(string path, long longest)
    {
        Status status = Require(path);
        if (status.Length > longest)
        {
            throw new DataStoreException(DataStoreErrorKind.InvalidData, $"{path} has {status.Length} bytes; at most {longest} are read");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failed("read", path, fault);
        }
    }

    public static byte[] ReadSmall(string path) => Read(path, LargestSmall);

    /// <summary>A whole file under its name, or nothing: a reader never sees half of it.</summary>
    /// <exception cref="DataStoreException">Local or NoSpace.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        // Hidden, and no block's name: whoever lists the folder meanwhile takes it for nothing.
        string part = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.part");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(part, content);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failed("write", path, fault);
        }
    }

    public static DataStoreException Failed(string what, string path, Exception fault)
    {
        DataStoreErrorKind kind = fault.HResult is (int)Errno.ENOSPC or (int)Errno.EDQUOT ? DataStoreErrorKind.NoSpace : DataStoreErrorKind.Local;
        return new DataStoreException(kind, $"cannot {what} {path}: {fault.Message.ReplaceLineEndings(" ")}", fault);
    }

    private static DateTimeOffset Time(long seconds, long nanoseconds)
    {
        // A time outside of what .NET counts is no use for comparing.
        long inside = Math.Clamp(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds() - 1);
        return DateTimeOffset.FromUnixTimeSeconds(inside).AddTicks(nanoseconds / 100);
    }
}
