namespace LinuxFuse.Notifications;

/// <summary>Questions for cached pages that the kernel has not answered yet.</summary>
internal sealed class RetrieveTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, TaskCompletionSource<byte[]>> _waiting = [];
    private ulong _last;

    public (ulong Unique, Task<byte[]> Answer) Begin()
    {
        TaskCompletionSource<byte[]> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting[++_last] = waiter;
            return (_last, waiter.Task);
        }
    }

    public void End(ulong unique, byte[] data)
    {
        TaskCompletionSource<byte[]>? waiter;
        lock (_gate)
            _waiting.Remove(unique, out waiter);
        waiter?.TrySetResult(data);
    }

    public void EndAll()
    {
        TaskCompletionSource<byte[]>[] waiters;
        lock (_gate)
        {
            waiters = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach (TaskCompletionSource<byte[]> waiter in waiters)
            waiter.TrySetResult([]);
    }
}
