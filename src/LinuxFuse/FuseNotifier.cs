using System.Runtime.InteropServices;
using LinuxFuse.Notifications;
using LinuxFuse.Protocol;

namespace LinuxFuse;

/// <summary>Tells the kernel what changed behind its back. Messages are queued and sent in order by a thread of their own.</summary>
/// <remarks>
/// Queued, because the kernel makes the sender wait for locks that a request may hold which the sender is just serving
/// (INVAL_INODE: pages under READ; INVAL_ENTRY, DELETE: the parent's directory lock). So all methods may be called from
/// handlers, and none tells whether the kernel had anything cached. After the end of the mount they do nothing.
/// </remarks>
public sealed class FuseNotifier
{
    /// <summary>FUSE_NAME_MAX; the kernel refuses longer ones.</summary>
    private const int LongestName = 1024;

    private const int MinorOfEpoch = 44;
    private const int MinorOfPrune = 45;

    private readonly NotificationQueue _queue;
    private readonly Func<FuseKernel> _kernel;

    internal FuseNotifier(NotificationQueue queue, Func<FuseKernel> kernel)
    {
        _queue = queue;
        _kernel = kernel;
    }

    /// <summary>
    /// Drops cached attributes and the pages from <paramref name="offset"/> on (<paramref name="length"/> below 1: to the end).
    /// A negative offset drops attributes only.
    /// </summary>
    public void InvalidateInode(NodeId node, long offset = 0, long length = -1) =>
        _queue.Add(NotifyCode.InvalidateInode, new NotifyInvalidateInodeOut { Node = node.Value, Offset = offset, Length = length });

    /// <summary>Drops what the kernel knows of a name, also that it does not exist.</summary>
    /// <remarks>
    /// The kernel's wait for the directory's lock does not hear SIGKILL. A process that is killed while a program holds the lock and waits for its
    /// answer cannot die, so the connection does not end, so the program waits on: only umount -f helps. A name that often changes had better be
    /// valid for no time.
    /// </remarks>
    public void InvalidateEntry(NodeId parent, ReadOnlySpan<byte> name) => AddEntry(parent, name, 0);

    /// <summary>
    /// The name is asked for at its next use, but what is below it stays. Like <see cref="InvalidateEntry"/> where the kernel cannot.
    /// </summary>
    public void ExpireEntry(NodeId parent, ReadOnlySpan<byte> name) =>
        AddEntry(parent, name, _kernel().Has(FuseCapabilities.ExpireOnly) ? NotifyInvalidateEntryOut.ExpireOnly : 0);

    /// <summary>The name was removed: as <see cref="InvalidateEntry"/>, and watchers (inotify) hear of it.</summary>
    public void Delete(NodeId parent, NodeId child, ReadOnlySpan<byte> name)
    {
        CheckName(name);
        _queue.Add(
            NotifyCode.Delete, new NotifyDeleteOut { Parent = parent.Value, Child = child.Value, NameLength = (uint)name.Length }, Terminated(name));
    }

    /// <summary>
    /// Puts data into the page cache of a node that the kernel knows, and makes its file as long as that if it is shorter.
    /// <paramref name="lease"/> is released when the data has been sent or dropped.
    /// </summary>
    public void Store(NodeId node, long offset, ReadOnlyMemory<byte> data, IReplyLease? lease = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        _queue.Add(
            NotifyCode.Store,
            new NotifyStoreOut { Node = node.Value, Offset = (ulong)offset, Size = (uint)data.Length },
            data,
            lease);
    }

    /// <summary>
    /// Reads what the page cache has of a node, from <paramref name="offset"/> on; empty if nothing. Never await this in a handler.
    /// </summary>
    public Task<byte[]> RetrieveAsync(NodeId node, long offset, int size, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return _queue.RetrieveAsync(node, offset, size).WaitAsync(cancellationToken);
    }

    /// <summary>Makes all names be asked for again at their next use, at no cost now (Linux 6.16). False where the kernel cannot.</summary>
    public bool IncrementEpoch()
    {
        if (_kernel().Minor < MinorOfEpoch)
            return false;
        _queue.Add(NotifyCode.IncrementEpoch);
        return true;
    }

    /// <summary>Asks the kernel to forget nodes that are not in use (Linux 6.18). False where it cannot.</summary>
    public bool Prune(ReadOnlySpan<NodeId> nodes)
    {
        if (_kernel().Minor < MinorOfPrune)
            return false;
        byte[] ids = MemoryMarshal.AsBytes(nodes).ToArray();
        _queue.Add(NotifyCode.Prune, new NotifyPruneOut { Count = (uint)nodes.Length }, ids);
        return true;
    }

    /// <summary>Something changed for those who poll(2).</summary>
    public void PollWakeup(ulong kernelHandle) => _queue.Add(NotifyCode.Poll, new NotifyPollOut { KernelHandle = kernelHandle });

    /// <summary>Completes when all that was queued before is with the kernel. Never await this in a handler.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _queue.FlushAsync().WaitAsync(cancellationToken);

    private static void CheckName(ReadOnlySpan<byte> name)
    {
        ArgumentOutOfRangeException.ThrowIfZero(name.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, LongestName);
    }

    private static byte[] Terminated(ReadOnlySpan<byte> name) => [.. name, 0];

    private void AddEntry(NodeId parent, ReadOnlySpan<byte> name, uint flags)
    {
        CheckName(name);
        _queue.Add(
            NotifyCode.InvalidateEntry,
            new NotifyInvalidateEntryOut { Parent = parent.Value, NameLength = (uint)name.Length, Flags = flags },
            Terminated(name));
    }
}
