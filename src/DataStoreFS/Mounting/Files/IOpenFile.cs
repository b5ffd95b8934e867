using LinuxFuse;

namespace DataStoreFS.Mounting.Files;

/// <summary>An open file that keeps something of its own; what does not has handle 0. The kernel's RELEASE ends it.</summary>
internal interface IOpenFile
{
    ValueTask<Errno> ReadAsync(ReadOp op);

    ValueTask<Errno> WriteAsync(WriteOp op) => new(Errno.EBADF);

    ValueTask<Errno> FlushAsync(FlushOp op) => new(Errno.OK);

    ValueTask<Errno> FsyncAsync(FsyncOp op) => new(Errno.OK);

    /// <summary>ftruncate(2).</summary>
    ValueTask<Errno> SetSizeAsync(long size, CancellationToken cancellationToken) => new(Errno.EBADF);

    /// <summary>Called once, after the last other call; or <see cref="EndAsync"/> is.</summary>
    ValueTask ReleaseAsync();

    /// <summary>The mount is gone, and RELEASE will not come: see <see cref="FuseFileSystem.DestroyAsync"/>.</summary>
    /// <param name="isUnmounted">Probably all descriptors were closed. False: some program may still have the file open.</param>
    ValueTask EndAsync(bool isUnmounted) => ReleaseAsync();
}
