using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>
/// An open file of the overlay. Goes on working when its name is changed or removed. Answers are errno; thread-safe, offsets are the caller's.
/// </summary>
public sealed unsafe class OverlayFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    internal OverlayFile(int fd) => _handle = new SafeFileHandle(fd, ownsHandle: true);

    /// <summary>Fewer bytes than asked for only at the end of the file.</summary>
    public int Read(long offset, Span<byte> destination, out int count)
    {
        count = 0;
        using Use use = new(_handle);
        fixed (byte* start = destination)
        {
            while (count < destination.Length)
            {
                long got = Syscall.pread(use.Fd, start + count, (ulong)(destination.Length - count), offset + count);
                if (got <= 0)
                {
                    return got == 0 ? PosixErrno.None : Native.LastErrno;
                }

                count += (int)got;
            }
        }

        return PosixErrno.None;
    }

    /// <summary>All of it, or what fitted before the error; <paramref name="count"/> says how much that was.</summary>
    public int Write(long offset, ReadOnlySpan<byte> data, out int count)
    {
        count = 0;
        using Use use = new(_handle);
        fixed (byte* start = data)
        {
            while (count < data.Length)
            {
                long put = Syscall.pwrite(use.Fd, start + count, (ulong)(data.Length - count), offset + count);
                if (put < 0)
                {
                    return Native.LastErrno;
                }

                count += (int)put;
            }
        }

        return PosixErrno.None;
    }

    public int GetStat(out OverlayStat stat)
    {
        using Use use = new(_handle);
        return Native.Stat(use.Fd, out stat);
    }

    /// <summary>As <see cref="OverlayStore.SetAttributes"/>, for a file that may have no name any more.</summary>
    public int SetAttributes(OverlayChange change)
    {
        using Use use = new(_handle);
        int error = change.Size is { } size ? Native.Result(Syscall.ftruncate(use.Fd, size)) : PosixErrno.None;
        if (error == 0 && (change.Uid is not null || change.Gid is not null))
        {
            error = Native.Result(Syscall.fchown(use.Fd, change.Uid ?? uint.MaxValue, change.Gid ?? uint.MaxValue));
        }

        if (error == 0 && change.Mode is { } mode)
        {
            error = Native.Result(Syscall.fchmod(use.Fd, NativeConvert.ToFilePermissions(mode & 0xFFF)));
        }

        return error == 0 && (change.Accessed is not null || change.Modified is not null)
            ? Native.Result(Syscall.futimens(use.Fd, Native.Times(change.Accessed, change.Modified)))
            : error;
    }

    /// <param name="dataOnly">fdatasync.</param>
    public int Sync(bool dataOnly)
    {
        using Use use = new(_handle);
        return Native.Result(dataOnly ? Syscall.fdatasync(use.Fd) : Syscall.fsync(use.Fd));
    }

    /// <summary>
    /// What closing the file would say: network file systems and quotas have errors that come only then, with close(2) of any descriptor.
    /// </summary>
    public int Flush()
    {
        using Use use = new(_handle);
        int copy = Syscall.dup(use.Fd);
        return copy < 0 || Syscall.close(copy) == 0 || Native.LastErrno == PosixErrno.EINTR ? PosixErrno.None : Native.LastErrno;
    }

    /// <param name="mode">As of fallocate(2): keep size, punch hole, …; what the disk's file system does not know is EOPNOTSUPP.</param>
    /// <param name="offset">Bytes.</param>
    /// <param name="length">Bytes.</param>
    public int Allocate(int mode, long offset, long length)
    {
        using Use use = new(_handle);
        return Native.Allocate(use.Fd, mode, offset, length);
    }

    public void Dispose() => _handle.Dispose();

    // Keeps the descriptor from being closed, and its number from being given out again, under a call.
    private ref struct Use
    {
        private readonly SafeFileHandle _handle;
        private bool _added;

        public Use(SafeFileHandle handle)
        {
            _handle = handle;
            handle.DangerousAddRef(ref _added);
        }

        public readonly int Fd => (int)_handle.DangerousGetHandle();

        public readonly void Dispose()
        {
            if (_added)
            {
                _handle.DangerousRelease();
            }
        }
    }
}
