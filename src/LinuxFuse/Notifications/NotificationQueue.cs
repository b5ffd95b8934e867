using System.Buffers;
using System.Runtime.InteropServices;
using LinuxFuse.Protocol;
using LinuxFuse.Session;
using Microsoft.Extensions.Logging;

namespace LinuxFuse.Notifications;

/// <summary>Sends notifications in order from a thread of its own, which is started by the first.</summary>
internal sealed class NotificationQueue(DeviceChannel channel, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Queue<Notification> _queue = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly RetrieveTable _retrieves = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;
    private bool _stopping;

    public void Add(NotifyCode code) => Add(new Notification(code, [], default, null, null));

    public void Add<T>(NotifyCode code, in T body, ReadOnlyMemory<byte> data = default, IReplyLease? lease = null, Action<Errno>? sent = null)
        where T : unmanaged => Add(new Notification(code, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body)).ToArray(), data, lease, sent));

    /// <summary>Completes when everything before has been sent.</summary>
    public Task FlushAsync()
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(new Notification(null, [], default, null, _ => done.TrySetResult()));
        return done.Task;
    }

    public Task<byte[]> RetrieveAsync(NodeId node, long offset, int size)
    {
        (ulong unique, Task<byte[]> answer) = _retrieves.Begin();
        NotifyRetrieveOut body = new() { NotifyUnique = unique, Node = node.Value, Offset = (ulong)offset, Size = (uint)size };
        Add(NotifyCode.Retrieve, body, default, null, outcome =>
        {
            if (outcome != Errno.OK)
                _retrieves.End(unique, []);
        });
        return answer;
    }

    /// <summary>NOTIFY_REPLY: the header carries the unique of the question.</summary>
    public void Retrieved(ulong unique, ReadOnlySpan<byte> body)
    {
        bool isWhole = MemoryMarshal.TryRead(body, out NotifyRetrieveIn header);
        ReadOnlySpan<byte> data = isWhole ? body[System.Runtime.CompilerServices.Unsafe.SizeOf<NotifyRetrieveIn>()..] : default;
        _retrieves.End(unique, data[..(int)Math.Min(header.Size, (uint)data.Length)].ToArray());
    }

    /// <summary>Drops what is queued. Bounded: a message that the kernel holds up is left behind with its thread.</summary>
    public async ValueTask DisposeAsync()
    {
        bool isRunning;
        lock (_gate)
        {
            _stopping = true;
            isRunning = _thread is not null;
        }

        _available.Release();
        if (isRunning)
            await _stopped.Task.WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        DropAll();
        _retrieves.EndAll();
    }

    private void Add(Notification notification)
    {
        bool accepted;
        lock (_gate)
        {
            accepted = !_stopping;
            if (accepted)
            {
                _queue.Enqueue(notification);
                if (_thread is null)
                {
                    _thread = new Thread(Run) { IsBackground = true, Name = "fuse-notify" };
                    _thread.Start();
                }
            }
        }

        if (accepted)
            _available.Release();
        else
            notification.Complete(Errno.ENODEV);
    }

    private void Run()
    {
        while (true)
        {
            _available.Wait();
            Notification? next;
            lock (_gate)
            {
                if (_stopping)
                    break;
                _queue.TryDequeue(out next);
            }

            if (next is not null)
                Complete(next, next.Code is { } code ? Send(code, next) : Errno.OK);
        }

        _stopped.TrySetResult();
    }

    private unsafe Errno Send(NotifyCode code, Notification notification)
    {
        using MemoryHandle pin = notification.Data.Pin();
        fixed (byte* body = notification.Body)
        {
            Errno sent = channel.Write(0, (int)code, body, notification.Body.Length, (byte*)pin.Pointer, notification.Data.Length);

            // ENOENT: not cached, so there was nothing to do. ENOTEMPTY: a directory in use, which keeps its entry.
            if (sent is not (Errno.OK or Errno.ENOENT or Errno.ENODEV or Errno.ENOTEMPTY or Errno.ECONNABORTED))
                logger.LogWarning("the kernel refused notification {Code}: {Reason}", code, Interop.Libc.Describe(sent));
            return sent;
        }
    }

    private void Complete(Notification notification, Errno outcome)
    {
        try
        {
            notification.Complete(outcome);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "releasing the data of a notification failed");
        }
    }

    private void DropAll()
    {
        Notification[] dropped;
        lock (_gate)
        {
            dropped = [.. _queue];
            _queue.Clear();
        }

        foreach (Notification notification in dropped)
            Complete(notification, Errno.ENODEV);
    }
}
