using LinuxFuse.Interop;
using Microsoft.Extensions.Logging;

namespace LinuxFuse.Session;

/// <summary>A thread that reads requests and serves them. Dedicated, because it spends its life in a blocking system call.</summary>
internal sealed class ReaderThread
{
    /// <summary>Virtual memory only; handlers run on it.</summary>
    private const int StackBytes = 1024 * 1024;

    private readonly ReaderGroup _group;
    private readonly FuseSession _session;
    private readonly DeviceChannel _channel;
    private readonly Thread _thread;
    private volatile int _threadId;
    private volatile bool _reads;

    public ReaderThread(ReaderGroup group, FuseSession session, DeviceChannel channel, int number)
    {
        _group = group;
        _session = session;
        _channel = channel;
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = $"fuse-{number}" };
    }

    /// <summary>False if there are no more threads to be had.</summary>
    public bool TryStart()
    {
        try
        {
            _thread.Start();
            return true;
        }
        catch (OutOfMemoryException exception)
        {
            _session.Logger.LogError(exception, "a reader cannot be started");
            return false;
        }
    }

    /// <summary>Waits until the thread has ended, getting it out of read(2) if it is there. False after the time is up.</summary>
    public bool Stop(TimeSpan patience)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(2);
        for (TimeSpan waited = TimeSpan.Zero; waited <= patience; waited += pause)
        {
            // Again and again: the flag is raised before the system call begins, and a signal in between is lost.
            if (_reads)
                Threads.Wake(_threadId);
            if (_thread.ThreadState.HasFlag(ThreadState.Unstarted) || _thread.Join(pause))
                return true;
        }

        return false;
    }

    private void Run()
    {
        _threadId = Threads.CurrentId;
        bool added = false;
        ReaderEnd end = new(ReaderEndKind.Failed, Errno.EIO);
        try
        {
            _channel.Handle.DangerousAddRef(ref added);
            end = Serve();
        }
        catch (Exception exception)
        {
            _session.Logger.LogCritical(exception, "a reader failed");
        }
        finally
        {
            if (added)
                _channel.Handle.DangerousRelease();
            _group.Ended(end);
        }
    }

    private ReaderEnd Serve()
    {
        NativeBuffer? buffer = null;
        IWriteMemory? data = null;
        try
        {
            while (!_group.IsStopping)
            {
                buffer ??= _session.Buffers.Rent();
                data ??= _session.Receiver.RentWriteMemory(buffer);
                _reads = true;
                int length = data is null ? _channel.Read(buffer, out Errno error) : _channel.Read(buffer, data.Memory, out error);
                _reads = false;
                if (length > 0)
                {
                    if (_session.Receiver.Receive(_channel, buffer, length, ref data))
                        buffer = null;
                    continue;
                }

                if (EndOf(error) is { } end)
                    return end;
            }

            return new ReaderEnd(ReaderEndKind.Stopped);
        }
        finally
        {
            if (buffer is not null)
                _session.Buffers.Return(buffer);
            data?.Release();
        }
    }

    /// <summary>Null: read again. ENOENT is a request that was interrupted or aborted while it was copied (fs/fuse/dev.c fuse_dev_do_read).</summary>
    private static ReaderEnd? EndOf(Errno error) => error switch
    {
        Errno.EINTR or Errno.EAGAIN or Errno.ENOENT => null,
        Errno.OK or Errno.ENODEV or Errno.ECONNRESET => new ReaderEnd(ReaderEndKind.Unmounted),
        Errno.ECONNABORTED => new ReaderEnd(ReaderEndKind.Aborted, error),
        _ => new ReaderEnd(ReaderEndKind.Failed, error),
    };
}
