namespace LinuxFuse;

/// <summary>A file system. Override what it supports; anything else answers ENOSYS, and the kernel stops asking.</summary>
/// <remarks>
/// <para>
/// A handler answers through its op and returns what that returned, or returns an error. Requests whose reply is empty
/// (UNLINK, FLUSH, …) are answered by returning <see cref="Errno.OK"/>. An exception becomes EIO and a log line.
/// </para>
/// <para>
/// Handlers run on the thread that read the request, so answer from memory synchronously and otherwise await: a handler that blocks holds up one of
/// <see cref="FuseOptions.Readers"/>. Calls are concurrent; the kernel orders what must be. Once a reply is sent, requests that follow from it may
/// arrive on other threads even before the handler has returned: do the bookkeeping first, reply last.
/// </para>
/// <para>An op and everything it returns is valid until the handler's task completes; used later, it throws.</para>
/// </remarks>
public abstract class FuseFileSystem
{
    /// <summary>The kernel has said hello and waits for the answer; capabilities are known. To throw makes the mount fail.</summary>
    protected internal virtual ValueTask InitAsync(FuseMount mount, CancellationToken cancellationToken) => default;

    /// <summary>
    /// The last request is done. Called exactly once if <see cref="InitAsync"/> succeeded. Handles may be left: close(2) does not wait for RELEASE,
    /// and an unmount drops what the kernel has still in its queue (fs/fuse/inode.c fuse_conn_destroy, dev.c fuse_abort_conn).
    /// </summary>
    /// <param name="isUnmounted">
    /// Handles that are left have been closed, unless the mount was removed by force. False: the connection was aborted, broke or was given up, and
    /// files may have been open.
    /// </param>
    protected internal virtual ValueTask DestroyAsync(bool isUnmounted) => default;

    /// <summary>
    /// The kernel no longer knows the node by this many lookups. At zero nobody can ask for it any more. Comes in bursts of thousands: must not
    /// block. What was not forgotten by <see cref="DestroyAsync"/> never will be.
    /// </summary>
    protected internal virtual void Forget(NodeId node, ulong lookups)
    {
    }

    /// <summary>
    /// Memory for the data of a WRITE to come, at most <see cref="FuseOptions.MaxWrite"/> bytes and more than a page or two, where writes of exactly
    /// one size can be expected; null: none. A reader that has none asks before it waits for a request, and gives it back when a large WRITE of
    /// another size comes. See <see cref="WriteOp.TakeMemory"/>.
    /// </summary>
    protected internal virtual IWriteMemory? RentWriteMemory() => null;

    /// <summary>Finds a name. Each success adds one to the node's lookup count, which <see cref="Forget"/> takes away.</summary>
    protected internal virtual ValueTask<Errno> LookupAsync(LookupOp op) => new(Errno.ENOSYS);

    /// <summary>Attributes of a node. Every file system needs it.</summary>
    protected internal virtual ValueTask<Errno> GetAttrAsync(GetAttrOp op) => new(Errno.ENOSYS);

    /// <summary>Changes attributes, and the length of a file.</summary>
    protected internal virtual ValueTask<Errno> SetAttrAsync(SetAttrOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="ReadLinkOp"/>
    protected internal virtual ValueTask<Errno> ReadLinkAsync(ReadLinkOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="SymlinkOp"/>
    protected internal virtual ValueTask<Errno> SymlinkAsync(SymlinkOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="MknodOp"/>
    protected internal virtual ValueTask<Errno> MknodAsync(MknodOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="MkdirOp"/>
    protected internal virtual ValueTask<Errno> MkdirAsync(MkdirOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="UnlinkOp"/>
    protected internal virtual ValueTask<Errno> UnlinkAsync(UnlinkOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="UnlinkOp"/>
    protected internal virtual ValueTask<Errno> RmdirAsync(UnlinkOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="RenameOp"/>
    protected internal virtual ValueTask<Errno> RenameAsync(RenameOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="LinkOp"/>
    protected internal virtual ValueTask<Errno> LinkAsync(LinkOp op) => new(Errno.ENOSYS);

    /// <summary>Opens a file. By default every open gets handle 0 and nothing is cached over it.</summary>
    protected internal virtual ValueTask<Errno> OpenAsync(OpenOp op) => new(op.Reply(default));

    /// <inheritdoc cref="ReadOp"/>
    protected internal virtual ValueTask<Errno> ReadAsync(ReadOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="WriteOp"/>
    protected internal virtual ValueTask<Errno> WriteAsync(WriteOp op) => new(Errno.ENOSYS);

    /// <summary>close(2) was called on one of the descriptors sharing the handle; its caller sees the result.</summary>
    protected internal virtual ValueTask<Errno> FlushAsync(FlushOp op) => new(Errno.ENOSYS);

    /// <summary>The last descriptor is gone. Nobody sees the result, so nothing here may be able to fail.</summary>
    protected internal virtual ValueTask<Errno> ReleaseAsync(ReleaseOp op) => new(Errno.OK);

    /// <summary>ENOSYS counts as success for ever.</summary>
    protected internal virtual ValueTask<Errno> FsyncAsync(FsyncOp op) => new(Errno.ENOSYS);

    /// <summary>ENOSYS makes the kernel use <see cref="MknodAsync"/> and <see cref="OpenAsync"/> for ever.</summary>
    protected internal virtual ValueTask<Errno> CreateAsync(CreateOp op) => new(Errno.ENOSYS);

    /// <summary>O_TMPFILE: a file without a name in directory <see cref="CreateOp.Parent"/>.</summary>
    protected internal virtual ValueTask<Errno> TmpFileAsync(CreateOp op) => new(Errno.ENOSYS);

    /// <summary>Opens a directory. By default every open gets handle 0 and listings are not cached.</summary>
    protected internal virtual ValueTask<Errno> OpenDirAsync(OpenOp op) => new(op.Reply(default));

    /// <inheritdoc cref="ReadDirOp"/>
    protected internal virtual ValueTask<Errno> ReadDirAsync(ReadDirOp op) => new(Errno.ENOSYS);

    /// <summary>
    /// Lists with attributes. By default lists without them through <see cref="ReadDirAsync"/>; the kernel then looks names up as it needs them.
    /// </summary>
    protected internal virtual ValueTask<Errno> ReadDirPlusAsync(ReadDirPlusOp op) => ReadDirAsync(op.WithoutAttributes());

    /// <inheritdoc cref="ReleaseOp"/>
    protected internal virtual ValueTask<Errno> ReleaseDirAsync(ReleaseOp op) => new(Errno.OK);

    /// <inheritdoc cref="FsyncOp"/>
    protected internal virtual ValueTask<Errno> FsyncDirAsync(FsyncOp op) => new(Errno.ENOSYS);

    /// <summary>By default a file system of no size, so that df and installers do not fail.</summary>
    protected internal virtual ValueTask<Errno> StatFsAsync(StatFsOp op) => new(op.Reply(new FuseStatFs()));

    /// <summary>ENOSYS allows everything for ever.</summary>
    protected internal virtual ValueTask<Errno> AccessAsync(AccessOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="SetXAttrOp"/>
    protected internal virtual ValueTask<Errno> SetXAttrAsync(SetXAttrOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="GetXAttrOp"/>
    protected internal virtual ValueTask<Errno> GetXAttrAsync(GetXAttrOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="GetXAttrOp"/>
    protected internal virtual ValueTask<Errno> ListXAttrAsync(GetXAttrOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="RemoveXAttrOp"/>
    protected internal virtual ValueTask<Errno> RemoveXAttrAsync(RemoveXAttrOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="LockOp"/>
    protected internal virtual ValueTask<Errno> GetLockAsync(LockOp op) => new(Errno.ENOSYS);

    /// <summary>SETLK and SETLKW. Return <see cref="Errno.OK"/>, or EAGAIN where somebody else has the lock.</summary>
    protected internal virtual ValueTask<Errno> SetLockAsync(LockOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="IoctlOp"/>
    protected internal virtual ValueTask<Errno> IoctlAsync(IoctlOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="PollOp"/>
    protected internal virtual ValueTask<Errno> PollAsync(PollOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="FallocateOp"/>
    protected internal virtual ValueTask<Errno> FallocateAsync(FallocateOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="LseekOp"/>
    protected internal virtual ValueTask<Errno> LseekAsync(LseekOp op) => new(Errno.ENOSYS);

    /// <summary>ENOSYS makes the kernel copy through reads and writes.</summary>
    protected internal virtual ValueTask<Errno> CopyFileRangeAsync(CopyFileRangeOp op) => new(Errno.ENOSYS);

    /// <inheritdoc cref="SyncFsOp"/>
    protected internal virtual ValueTask<Errno> SyncFsAsync(SyncFsOp op) => new(Errno.ENOSYS);
}
