namespace LinuxFuse;

/// <summary>Tells the kernel what changed behind its back. Messages are queued and sent in order by a thread of their own.</summary>
/// <remarks>
/// Queued, because the kernel makes the sender wait for locks that a request may hold which the sender is just serving
/// (INVAL_INODE: pages under READ; INVAL_ENTRY, DELETE: the parent's directory lock). So all methods may be called from handlers. What the kernel does not have cached is ignored.
/// </remarks>
public sealed class FuseNotifier
{
    internal FuseNotifier()
    {
    }

    /// <summary>Drops cached attributes and the pages from <paramref name="offset"/> on (<paramref name="length"/> below 1: to the end). A negative offset drops attributes only.</summary>
    public void InvalidateInode(NodeId node, long offset = 0, long length = -1) => _ = (node, offset, length);

    /// <summary>Drops what the kernel knows of a name, also that it does not exist.</summary>
    public void InvalidateEntry(NodeId parent, ReadOnlySpan<byte> name) => _ = (parent, name.Length);

    /// <summary>The name is asked for at its next use, but what is below it stays. Like <see cref="InvalidateEntry"/> where the kernel cannot.</summary>
    public void ExpireEntry(NodeId parent, ReadOnlySpan<byte> name) => _ = (parent, name.Length);

    /// <summary>The name was removed: as <see cref="InvalidateEntry"/>, and watchers (inotify) hear of it.</summary>
    public void Delete(NodeId parent, NodeId child, ReadOnlySpan<byte> name) => _ = (parent, child, name.Length);

    /// <summary>Puts data into the page cache of a node that the kernel knows. <paramref name="lease"/> is released when it has been sent or dropped.</summary>
    public void Store(NodeId node, long offset, ReadOnlyMemory<byte> data, IReplyLease? lease = null) => _ = (node, offset, data, lease);

    /// <summary>Reads what the page cache has of a node, from <paramref name="offset"/> on; empty if nothing.</summary>
    public Task<byte[]> RetrieveAsync(NodeId node, long offset, int size, CancellationToken cancellationToken = default)
    {
        _ = (node, offset, size, cancellationToken);
        return Task.FromResult<byte[]>([]);
    }

    /// <summary>Makes all names be asked for again at their next use, at no cost now (Linux 6.16). False where the kernel cannot.</summary>
    public bool IncrementEpoch() => false;

    /// <summary>Asks the kernel to forget nodes that are not in use (Linux 6.18). False where it cannot.</summary>
    public bool Prune(ReadOnlySpan<NodeId> nodes) => false;

    /// <summary>Something changed for those who poll(2).</summary>
    public void PollWakeup(ulong kernelHandle) => _ = kernelHandle;

    /// <summary>Completes when all that was queued before is with the kernel. Never await this in a handler.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default)
    {
        _ = cancellationToken;
        return Task.CompletedTask;
    }
}
