using System.Text;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// SETATTR and extended attributes. A block's length is its content's; its mode, owner and times are the dataset's and cannot be changed.
/// </summary>
internal sealed class MergedAttributes(
    TreeContext context, LookupHandler lookups, MergedLookup names, Places places, OverlayNodes nodes, OverlayStore overlay, BlockWriting? blocks)
{
    public ValueTask<Errno> SetAttrAsync(SetAttrOp op, IOpenFile? open)
    {
        if (!places.TryResolve(op.Node.Value, out Place place))
        {
            return new(Errno.ESTALE);
        }

        return place.IsBlock
            ? SetBlockAsync(op, place, open)
            : SetAsync(op, place, (open as OverlayOpenFile)?.File ?? (place.Path is null ? nodes.FindOpen(place.Id) : null));
    }

    public ValueTask<Errno> GetXAttrAsync(GetXAttrOp op) => OnPathAsync(op.Node, async path =>
    {
        string name = Encoding.UTF8.GetString(op.Name);
        (int error, byte[] value) = await Task.Run(() => (overlay.GetXattr(path, name, out byte[] v), v)).ConfigureAwait(false);
        return error != 0 ? (Errno)error : op.Reply(value);
    });

    public ValueTask<Errno> ListXAttrAsync(GetXAttrOp op) => OnPathAsync(op.Node, async path =>
    {
        (int error, IReadOnlyList<string> found) = await Task.Run(
            () => (overlay.ListXattr(path, out IReadOnlyList<string> n), n)).ConfigureAwait(false);
        return error != 0 ? (Errno)error : op.Reply(Encoding.UTF8.GetBytes(string.Concat(found.Select(n => n + "\0"))));
    }, Errno.OK);

    public ValueTask<Errno> SetXAttrAsync(SetXAttrOp op) => OnPathAsync(op.Node, async path =>
    {
        (string name, byte[] value, int flags) = (Encoding.UTF8.GetString(op.Name), op.Value.ToArray(), (int)op.Flags);
        return (Errno)await Task.Run(() => overlay.SetXattr(path, name, value, flags)).ConfigureAwait(false);
    });

    public ValueTask<Errno> RemoveXAttrAsync(RemoveXAttrOp op) => OnPathAsync(op.Node, async path =>
    {
        string name = Encoding.UTF8.GetString(op.Name);
        return (Errno)await Task.Run(() => overlay.RemoveXattr(path, name)).ConfigureAwait(false);
    });

    private async ValueTask<Errno> SetBlockAsync(SetAttrOp op, Place place, IOpenFile? open)
    {
        Node node = place.Node!.Value;
        if (op.Size is { } size && size != (context.LengthInHand(node) ?? context.Tree.SizeOf(node)))
        {
            Errno error = open is not null ? await open.SetSizeAsync(size, op.Request.Interrupted).ConfigureAwait(false)
                : blocks?.Refuse(node, Errno.EPERM, "a block cannot be cut or grown; write all of it") ?? Errno.EROFS;
            if (error != Errno.OK)
            {
                return error;
            }
        }

        FuseAttr attributes = lookups.AttributesOf(place.Id, node, out TimeSpan validFor);
        return op.Reply(attributes, validFor);
    }

    private async ValueTask<Errno> SetAsync(SetAttrOp op, Place place, OverlayFile? open)
    {
        if (string.IsNullOrEmpty(place.Path) && open is null)
        {
            return place.Path is null ? Errno.ESTALE : Errno.EPERM; // the top itself is the dataset's
        }

        OverlayChange change = new(
            op.Mode & 0xFFF, op.Uid, op.Gid, op.Size, OverlayAttributes.TimeOf(op.Accessed), OverlayAttributes.TimeOf(op.Modified));
        int error = await Task.Run(() => open is not null ? open.SetAttributes(change) : Set(place, change)).ConfigureAwait(false);
        if (error != 0)
        {
            return (Errno)error;
        }

        (Errno failed, FuseAttr attributes, TimeSpan validFor) = await names.AttributesOfAsync(place, open).ConfigureAwait(false);
        return failed != Errno.OK ? failed : op.Reply(attributes, validFor);
    }

    private int Set(Place place, OverlayChange change)
    {
        int error = overlay.Find(place.Path!, out OverlayKind before, out _);
        error = error == 0 ? overlay.SetAttributes(place.Path!, change) : error;
        if (error == 0
            && before == OverlayKind.Lower
            && place.Node is { IsDirectory: false }
            && overlay.Find(place.Path!, out _, out OverlayStat stat) == 0)
        {
            nodes.CopiedUp(place.Id, stat.Inode, place.Path!);
        }

        return error;
    }

    private ValueTask<Errno> OnPathAsync(NodeId id, Func<string, ValueTask<Errno>> act, Errno block = Errno.ENODATA) =>
        !places.TryResolve(id.Value, out Place place) ? new(Errno.ESTALE)
        : place.IsBlock ? new(block == Errno.OK ? Errno.EOPNOTSUPP : block)
        : string.IsNullOrEmpty(place.Path) ? new(Errno.ENODATA)
        : act(place.Path);
}
