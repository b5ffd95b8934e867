using Mono.Unix.Native;

namespace DataStoreFS.Cli.Trees;

/// <summary>
/// Reads a file as a C program would: open, read to the end, close. The file handles of .NET add a stat, a lock and an advice to each, which a
/// network file system may answer with a request of its own.
/// </summary>
internal static unsafe class PlainFile
{
    /// <summary>Reads all of it into <paramref name="buffer"/>, over and over where it is longer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="buffer">At least one byte.</param>
    /// <param name="dropPages">First makes the kernel forget what it has of it, so that its file system is asked.</param>
    /// <returns>Its bytes; -1 when there is no such file.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static long Read(string path, Span<byte> buffer, bool dropPages = false)
    {
        int fd = Open(path);
        if (fd < 0)
        {
            return -1;
        }

        try
        {
            if (dropPages)
            {
                _ = Syscall.posix_fadvise(fd, 0, 0, PosixFadviseAdvice.POSIX_FADV_DONTNEED); // advice: a system without it reads from its pages
            }

            long total = 0;
            fixed (byte* start = buffer)
            {
                while (true)
                {
                    long got = Syscall.read(fd, start, (ulong)buffer.Length);
                    if (got == 0)
                    {
                        return total;
                    }

                    if (got > 0)
                    {
                        total += got;
                    }
                    else if (Stdlib.GetLastError() is not Errno.EINTR and Errno error)
                    {
                        throw Fault(path, error);
                    }
                }
            }
        }
        finally
        {
            _ = Syscall.close(fd);
        }
    }

    /// <exception cref="IOException">Neither yes nor no.</exception>
    public static bool Exists(string path)
    {
        if (Syscall.stat(path, out _) == 0)
        {
            return true;
        }

        Errno error = Stdlib.GetLastError();
        return error is Errno.ENOENT or Errno.ENOTDIR ? false : throw Fault(path, error);
    }

    // O_NONBLOCK, which means nothing for a file: a fifo in its place is not waited for.
    private static int Open(string path)
    {
        while (true)
        {
            int fd = Syscall.open(path, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK);
            if (fd >= 0)
            {
                return fd;
            }

            Errno error = Stdlib.GetLastError();
            if (error is Errno.ENOENT or Errno.ENOTDIR)
            {
                return -1;
            }

            if (error != Errno.EINTR)
            {
                throw Fault(path, error);
            }
        }
    }

    private static IOException Fault(string path, Errno error) => new($"cannot read {path}: {Stdlib.strerror(error)}");
}
