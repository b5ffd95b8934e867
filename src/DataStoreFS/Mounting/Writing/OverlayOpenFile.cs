using DataStoreFS.Mounting.Files;
using DataStoreFS.Overlay;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>An open file of the overlay. Its calls may wait for a disk or, where home folders are on the network, for a server: not on a reader's thread.</summary>
/// <remarks>Contract. Owns the file until <see cref="ReleaseAsync"/>.</remarks>
internal sealed class OverlayOpenFile(OverlayFile file) : IOpenFile
{
    public OverlayFile File => file;

    public async ValueTask<Errno> ReadAsync(ReadOp op) => await Task.Run(() =>
    {
        int error = file.Read(op.Offset, op.Buffer.Span, out int count);
        return error != 0 ? (Errno)error : op.Reply(count);
    }).ConfigureAwait(false);

    public async ValueTask<Errno> WriteAsync(WriteOp op) => await Task.Run(() =>
    {
        int error = file.Write(op.Offset, op.Data.Span, out int count);
        return count == 0 && error != 0 ? (Errno)error : op.Reply(count);
    }).ConfigureAwait(false);

    public async ValueTask<Errno> FsyncAsync(FsyncOp op)
    {
        bool dataOnly = op.DataOnly;
        return (Errno)await Task.Run(() => file.Sync(dataOnly)).ConfigureAwait(false);
    }

    public async ValueTask<Errno> SetSizeAsync(long size, CancellationToken cancellationToken) =>
        (Errno)await Task.Run(() => file.SetAttributes(new OverlayChange(Size: size)), cancellationToken).ConfigureAwait(false);

    public async ValueTask<Errno> AllocateAsync(FallocateOp op)
    {
        (int mode, long offset, long length) = ((int)op.Mode, op.Offset, op.Length);
        return (Errno)await Task.Run(() => file.Allocate(mode, offset, length)).ConfigureAwait(false);
    }

    public ValueTask ReleaseAsync()
    {
        file.Dispose();
        return ValueTask.CompletedTask;
    }
}
