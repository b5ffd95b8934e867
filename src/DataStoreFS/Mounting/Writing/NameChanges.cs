using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>MKDIR, MKNOD, SYMLINK, LINK, UNLINK and RMDIR: the overlay's, but for blocks, which the protocol cannot remove.</summary>
internal sealed class NameChanges(
    MergedLookup names, MergedFiles files, Places places, OverlayNodes nodes, OverlayStore overlay, BlockWriting? blocks)
{
    public ValueTask<Errno> MkdirAsync(MkdirOp op)
    {
        (uint mode, OverlayOwner owner) = (op.Mode & 0xFFF, Owner(op.Request));
        return MakeAsync(op.Parent, op.Name, path => overlay.MakeFolder(path, mode, owner), entry => op.Reply(entry));
    }

    public ValueTask<Errno> MknodAsync(MknodOp op)
    {
        (uint mode, uint device, OverlayOwner owner) = (op.Mode, op.Device, Owner(op.Request));
        return MakeAsync(op.Parent, op.Name, path => overlay.MakeNode(path, mode, device, owner), entry => op.Reply(entry));
    }

    public ValueTask<Errno> SymlinkAsync(SymlinkOp op)
    {
        OverlayOwner owner = Owner(op.Request);
        return Places.TryText(op.Target, out string target, out Errno error)
            ? MakeAsync(op.Parent, op.Name, path => overlay.MakeSymlink(path, target, owner), entry => op.Reply(entry))
            : new(error);
    }

    public ValueTask<Errno> LinkAsync(LinkOp op) => !places.TryResolve(op.Node.Value, out Place from) || from.Path is null ? new(Errno.ESTALE)
        : from.IsBlock ? new(Errno.EPERM)
        : MakeAsync(op.NewParent, op.NewName, path => Link(from, path), entry => op.Reply(entry));

    public ValueTask<Errno> UnlinkAsync(UnlinkOp op)
    {
        if (places.TryFindBlock(op.Parent.Value, op.Name, out Node block))
        {
            return new(UnlinkBlock(block));
        }

        return RemoveAsync(op, overlay.RemoveFile);
    }

    public ValueTask<Errno> RmdirAsync(UnlinkOp op) => RemoveAsync(op, overlay.RemoveFolder);

    private static OverlayOwner Owner(RequestInfo request) => new(request.Caller.Uid, request.Caller.Gid);

    private int Link(Place from, string path)
    {
        int error = overlay.Find(from.Path!, out OverlayKind before, out _);
        error = error == 0 ? overlay.Link(from.Path!, path) : error;
        if (error == 0 && before == OverlayKind.Lower && overlay.Find(path, out _, out OverlayStat stat) == 0)
        {
            nodes.CopiedUp(from.Id, stat.Inode, from.Path!);
        }

        return error;
    }

    /// <summary>N5 deletes by opening for writing, locking and unlinking: a block that was never sent may go, one on the server may not.</summary>
    private Errno UnlinkBlock(in Node block)
    {
        if (blocks is null)
        {
            return Errno.EROFS;
        }

        if (!blocks.IsNew(block))
        {
            return blocks.Refuse(block, Errno.EPERM, "a DataStore cannot delete a block; write zeros to blank it");
        }

        blocks.Buffers.Unlink(blocks.KeyOf(block));
        return Errno.OK;
    }

    private ValueTask<Errno> MakeAsync(NodeId parentId, ReadOnlySpan<byte> name, Func<string, int> make, Func<FuseEntry, Errno> reply)
    {
        if (!places.TryResolve(parentId.Value, out Place parent) || parent.Path is null)
        {
            return new(Errno.ENOENT);
        }

        if (!Places.TryText(name, out string text, out Errno error))
        {
            return new(error);
        }

        if (parent.Node is { } directory && places.Has(directory, name))
        {
            return new(Errno.EEXIST);
        }

        return places.IsOutsideGrid(parent, name) ? new(files.OutsideGrid(parent, text)) : MakeAsync(parent.Child(text), make, reply);
    }

    private async ValueTask<Errno> MakeAsync(string path, Func<string, int> make, Func<FuseEntry, Errno> reply)
    {
        (int error, OverlayStat stat) = await Task.Run(() =>
        {
            OverlayStat made = default;
            int result = make(path);
            return (result != 0 ? result : overlay.Find(path, out _, out made), made);
        }).ConfigureAwait(false);
        return error != 0 ? (Errno)error : reply(names.EntryOf(path, stat));
    }

    private ValueTask<Errno> RemoveAsync(UnlinkOp op, Func<string, int> remove) =>
        !places.TryResolve(op.Parent.Value, out Place parent) || parent.Path is null ? new(Errno.ENOENT)
        : Places.TryText(op.Name, out string name, out _) ? RemoveAsync(parent.Child(name), remove)
        : new(Errno.ENOENT);

    private async ValueTask<Errno> RemoveAsync(string path, Func<string, int> remove) => await Task.Run(() =>
    {
        int found = overlay.Find(path, out OverlayKind kind, out OverlayStat stat);
        int error = found == 0 ? remove(path) : found;
        if (error == 0 && kind == OverlayKind.Upper)
        {
            nodes.Removed(stat.Inode, path, stat.Links <= 1);
        }

        return (Errno)error;
    }).ConfigureAwait(false);
}
