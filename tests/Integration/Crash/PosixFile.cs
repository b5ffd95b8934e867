using Mono.Unix.Native;

namespace Integration.Crash;

/// <summary>open(2) to close(2), with every answer: FileStream does not say what close() returned.</summary>
/// <remarks>Contract. Must be closed by <see cref="Close"/> for its answer; <see cref="Dispose"/> closes what an error left open.</remarks>
internal sealed class PosixFile : IDisposable
{
    private int _fd;

    private PosixFile(int fd) => _fd = fd;

    /// <exception cref="PosixException">What open(2) said.</exception>
    public static PosixFile Open(string path, OpenFlags flags) =>
        new(Check(Syscall.open(path, flags | OpenFlags.O_CLOEXEC, FilePermissions.DEFFILEMODE), "open"));

    public static void Rename(string from, string to) => Check(Stdlib.rename(from, to), "rename");

    public long Length()
    {
        Check(Syscall.fstat(_fd, out Stat stat), "fstat");
        return stat.st_size;
    }

    /// <summary>All of it, as often as it takes.</summary>
    public void Write(ReadOnlySpan<byte> data, long offset)
    {
        while (!data.IsEmpty)
        {
            long written;
            unsafe
            {
                fixed (byte* start = data)
                {
                    written = Syscall.pwrite(_fd, start, (ulong)data.Length, offset);
                }
            }

            Check(written, "pwrite");
            data = data[(int)written..];
            offset += written;
        }
    }

    public void Truncate(long length) => Check(Syscall.ftruncate(_fd, length), "ftruncate");

    public void Sync() => Check(Syscall.fsync(_fd), "fsync");

    /// <summary>The file is closed whatever the answer.</summary>
    public void Close()
    {
        int fd = _fd;
        _fd = -1;
        Check(Syscall.close(fd), "close");
    }

    public void Dispose()
    {
        if (_fd >= 0)
        {
            // The error that left it open has been told already.
            _ = Syscall.close(_fd);
            _fd = -1;
        }
    }

    private static int Check(long result, string call) => result >= 0 ? (int)result : throw new PosixException(call, Stdlib.GetLastError());
}

internal sealed class PosixException(string call, Errno errno) : Exception($"{call}: {errno}")
{
    public Errno Errno => errno;
}
