using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Writing;

/// <summary>LOOKUP and GETATTR where the overlay has a say. Blocks never ask it: their names are the grid's.</summary>
internal sealed class MergedLookup(
    TreeContext context, LookupHandler lookups, Places places, OverlayNodes nodes, OverlayStore overlay, ILogger logger)
{
    private readonly UntouchedFolders _untouched = new(overlay, TimeProvider.System);

    public ValueTask<Errno> LookupAsync(LookupOp op)
    {
        if (places.TryFindBlock(op.Parent.Value, op.Name, out _))
        {
            return lookups.LookupAsync(op);
        }

        if (!places.TryResolve(op.Parent.Value, out Place parent) || parent.Path is null)
        {
            return new(Errno.ENOENT);
        }

        if (!Places.TryText(op.Name, out string name, out _))
        {
            return new(Errno.ENOENT);
        }

        Node? lower = parent.Node is { } directory && context.Tree.TryFind(directory, op.Name, out Node found) ? found : null;
        return LookupAsync(op, parent.Child(name), lower);
    }

    public ValueTask<Errno> GetAttrAsync(GetAttrOp op, IOpenFile? open)
    {
        if (_untouched.Contains(op.Node.Value) && context.Tree.TryResolve(op.Node.Value, out Node folder))
        {
            return new(op.Reply(context.Attributes.Of(op.Node.Value, folder), KernelCachePolicy.Fixed));
        }

        if (!places.TryResolve(op.Node.Value, out Place place))
        {
            return new(Errno.ESTALE);
        }

        if (place.IsBlock)
        {
            FuseAttr attributes = lookups.AttributesOf(place.Id, place.Node!.Value, out TimeSpan validFor);
            return new(op.Reply(attributes, NodeIds.IsTableNode(place.Id) ? TimeSpan.Zero : validFor));
        }

        return GetAttrAsync(op, place, (open as OverlayOpenFile)?.File);
    }

    public ValueTask<Errno> ReadLinkAsync(ReadLinkOp op) =>
        !places.TryResolve(op.Node.Value, out Place place) || place.Path is null ? new(Errno.ESTALE) : ReadLinkAsync(op, place.Path);

    /// <summary>A refusal that no other part has put into words.</summary>
    public void Log(string line) => logger.LogWarning("{Refusal}", line);

    /// <summary>A block that was just created.</summary>
    public FuseEntry EntryOf(in Node block) => lookups.EntryOf(block, BlockExistence.Present);

    /// <summary>What a name leads to now, for the reply to its making: one lookup more.</summary>
    public FuseEntry EntryOf(string path, in OverlayStat stat) => OverlayAttributes.EntryOf(nodes.Enter(stat.Inode, path), stat);

    /// <summary>Attributes of anything but a block; null with an error.</summary>
    public async ValueTask<(Errno Error, FuseAttr Attributes, TimeSpan ValidFor)> AttributesOfAsync(Place place, OverlayFile? open) =>
        await Task.Run(() => AttributesOf(place, open)).ConfigureAwait(false);

    private async ValueTask<Errno> ReadLinkAsync(ReadLinkOp op, string path)
    {
        (int error, byte[] target) = await Task.Run(() => (overlay.ReadLink(path, out byte[] t), t)).ConfigureAwait(false);
        return error != 0 ? (Errno)error : op.Reply(target);
    }

    private async ValueTask<Errno> LookupAsync(LookupOp op, string path, Node? lower)
    {
        (int error, OverlayKind kind, OverlayStat stat) = await Task.Run(
            () => (overlay.Find(path, out OverlayKind k, out OverlayStat s), k, s)).ConfigureAwait(false);
        if (error == 0 && kind == OverlayKind.Lower)
        {
            nodes.ShowsLower(context.Tree.IdOf(lower!.Value));
        }

        return error != 0 ? (Errno)error : kind switch
        {
            OverlayKind.Missing => op.ReplyMissing(OverlayAttributes.ValidFor),
            OverlayKind.Lower => op.Reply(lookups.EntryOf(lower!.Value, BlockExistence.Present)),
            OverlayKind.Merged => op.Reply(OverlayAttributes.EntryOf(context.Tree.IdOf(lower!.Value), stat)),
            _ => op.Reply(EntryOf(path, stat)),
        };
    }

    private async ValueTask<Errno> GetAttrAsync(GetAttrOp op, Place place, OverlayFile? open)
    {
        (Errno error, FuseAttr attributes, TimeSpan validFor) = await AttributesOfAsync(place, open).ConfigureAwait(false);
        return error != Errno.OK ? error : op.Reply(attributes, validFor);
    }

    private (Errno Error, FuseAttr Attributes, TimeSpan ValidFor) AttributesOf(Place place, OverlayFile? open)
    {
        OverlayKind kind = OverlayKind.Upper;
        OverlayStat stat;
        long version = overlay.Version;
        int error = place.Path is null ? StatOpen(place.Id, open, out stat)
            : place.Path.Length == 0 ? Top(out kind, out stat)
            : overlay.Find(place.Path, out kind, out stat);
        if (error != 0)
        {
            return ((Errno)error, default, default);
        }

        if (kind == OverlayKind.Lower && place is { Node.IsDirectory: true, Path.Length: > 0 })
        {
            _untouched.Add(place.Id, version);
        }

        // A file of the dataset whose name was removed while it is open is still what it was.
        return kind is OverlayKind.Lower or OverlayKind.Missing
            ? place.Node is { } node
                ? (Errno.OK, context.Attributes.Of(place.Id, node), KernelCachePolicy.Fixed)
                : (Errno.ESTALE, default, default)
            : (Errno.OK, OverlayAttributes.Of(place.Id, stat), OverlayAttributes.ValidFor);
    }

    /// <summary>Of a file without a name.</summary>
    private int StatOpen(ulong id, OverlayFile? open, out OverlayStat stat)
    {
        for (OverlayFile? file = open ?? nodes.FindOpen(id); file is not null; file = nodes.FindOpen(id))
        {
            try
            {
                return file.GetStat(out stat);
            }
            catch (ObjectDisposedException)
            {
                open = null; // closed meanwhile, and no longer found
            }
        }

        stat = default;
        return PosixErrno.ENOENT;
    }

    private static int Top(out OverlayKind kind, out OverlayStat stat)
    {
        stat = default;
        kind = OverlayKind.Lower;
        return PosixErrno.None;
    }
}
