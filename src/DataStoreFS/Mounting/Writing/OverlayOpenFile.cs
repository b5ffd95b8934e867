using DataStoreFS.Mounting.Files;
using DataStoreFS.Overlay;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// An open file of the overlay. Its calls may wait for a disk or, where home folders are on the network, for a server: not on a reader's thread.
/// </summary>
/// <remarks>Contract. Owns the file until <see cref="ReleaseAsync"/>.</remarks>
internal sealed class OverlayOpenFile : IOpenFile
{
    private readonly OverlayFile _file;
    private readonly OverlayNodes _nodes;
    private readonly ulong _id;

    public OverlayOpenFile(OverlayFile file, OverlayNodes nodes, ulong id)
    {
        (_file, _nodes, _id) = (file, nodes, id);
        nodes.Opened(id, file);
    }

    public OverlayFile File => _file;

    public async ValueTask<Errno> ReadAsync(ReadOp op) => await Task.Run(() =>
    {
        int error = _file.Read(op.Offset, op.Buffer.Span, out int count);
        return error != 0 ? (Errno)error : op.Reply(count);
    }).ConfigureAwait(false);

    public async ValueTask<Errno> WriteAsync(WriteOp op) => await Task.Run(() =>
    {
        int error = _file.Write(op.Offset, op.Data.Span, out int count);
        return count == 0 && error != 0 ? (Errno)error : op.Reply(count);
    }).ConfigureAwait(false);

    public async ValueTask<Errno> FlushAsync(FlushOp op) => (Errno)await Task.Run(_file.Flush).ConfigureAwait(false);

    public async ValueTask<Errno> FsyncAsync(FsyncOp op)
    {
        bool dataOnly = op.DataOnly;
        return (Errno)await Task.Run(() => _file.Sync(dataOnly)).ConfigureAwait(false);
    }

    public async ValueTask<Errno> SetSizeAsync(long size, CancellationToken cancellationToken) =>
        (Errno)await Task.Run(() => _file.SetAttributes(new OverlayChange(Size: size)), cancellationToken).ConfigureAwait(false);

    public async ValueTask<Errno> AllocateAsync(FallocateOp op)
    {
        (int mode, long offset, long length) = ((int)op.Mode, op.Offset, op.Length);
        return (Errno)await Task.Run(() => _file.Allocate(mode, offset, length)).ConfigureAwait(false);
    }

    public ValueTask ReleaseAsync()
    {
        _nodes.Closed(_id, _file);
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
