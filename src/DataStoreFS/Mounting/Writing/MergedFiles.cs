using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>OPEN and CREATE: sorts files into blocks, which go to the server, and everything else, which the overlay takes.</summary>
internal sealed class MergedFiles(
    TreeContext context, OpenHandler files, Existence existence, MergedLookup names, Places places, OverlayNodes nodes, OverlayStore overlay,
    BlockWriting? blocks)
{
    public ValueTask<Errno> OpenAsync(OpenOp op)
    {
        if (!places.TryResolve(op.Node.Value, out Place place))
        {
            return new(Errno.ESTALE);
        }

        return place.IsBlock ? OpenBlock(op, place) : OpenAsync(op, place);
    }

    public ValueTask<Errno> CreateAsync(CreateOp op)
    {
        if (places.TryFindBlock(op.Parent.Value, op.Name, out Node block))
        {
            return CreateBlockAsync(op, block);
        }

        if (!places.TryResolve(op.Parent.Value, out Place parent) || parent.Path is null)
        {
            return new(Errno.ENOENT);
        }

        return !Places.TryText(op.Name, out string name, out Errno error) ? new(error)
            : places.IsOutsideGrid(parent, op.Name) ? new(OutsideGrid(parent, name))
            : CreateAsync(op, parent.Child(name));
    }

    /// <summary>FSYNC: also of a block that was only opened for reading, as sync(1) does.</summary>
    public ValueTask<Errno> FsyncAsync(FsyncOp op) => files.Find(op.Handle) switch
    {
        BlockFile or OverlayOpenFile => files.Find(op.Handle)!.FsyncAsync(op),
        _ => blocks is not null && places.TryResolve(op.Node.Value, out Place place) && place.IsBlock
            ? blocks.SyncAsync(place.Node!.Value, op.Request.Interrupted)
            : new(Errno.OK),
    };

    /// <summary>A name that is a block's, but of another grid. In the overlay it would look saved and never be sent.</summary>
    public Errno OutsideGrid(in Place parent, string name)
    {
        names.Log($"{parent.Child(name)} lies outside the dataset's grid and cannot be written; a larger volume needs a new dataset");
        return Errno.EINVAL;
    }

    private ValueTask<Errno> OpenBlock(OpenOp op, in Place place)
    {
        Node node = place.Node!.Value;
        bool write = op.Flags.CanWrite || op.Flags.HasFlag(OpenFlags.Truncate);
        if (write && (blocks?.Permit(node) ?? Errno.EROFS) is var refusal and not Errno.OK)
        {
            return new(refusal);
        }

        bool shared = blocks is not null && (context.LengthInHand(node) is not null || NodeIds.IsTableNode(place.Id));
        OpenReply keep = (blocks is not null && blocks.IsDropping(node)) || context.Policy.ChecksAtOpen ? OpenReply.None : OpenReply.KeepCache;
        if (!write && !shared)
        {
            return keep == OpenReply.None && !context.Policy.ChecksAtOpen ? new(op.Reply(default, OpenReply.NoFlush)) : files.OpenAsync(op);
        }

        BlockFile file = blocks!.Open(node, existed: !blocks.IsNew(node), op.Flags);
        return new(
            op.Reply(files.Add(file), write ? keep | blocks.Handling(op.Flags, op.Flags.HasFlag(OpenFlags.Truncate)) : keep | OpenReply.NoFlush));
    }

    private async ValueTask<Errno> CreateBlockAsync(CreateOp op, Node node)
    {
        if (blocks is null || blocks.Permit(node) != Errno.OK)
        {
            return Errno.EROFS;
        }

        bool existed = context.LengthInHand(node) is not null
            || await existence.SettleAsync(node, op.Request.Interrupted).ConfigureAwait(false) != BlockExistence.Missing;
        if (existed && op.Flags.HasFlag(OpenFlags.Exclusive))
        {
            return Errno.EEXIST;
        }

        bool isEmpty = !existed || op.Flags.HasFlag(OpenFlags.Truncate);
        FileHandle handle = files.Add(blocks.Open(node, existed, op.Flags));

        // The kernel knows its length from here on: it changes by the kernel's own writes, or by what is announced (BlockWriting.BecameServers).
        // Attributes that are not valid would be asked for within open(2) itself (fs/fuse/dir.c fuse_permission).
        return op.Reply(
            names.EntryOf(node) with { AttributesValidFor = KernelCachePolicy.Fixed },
            handle,
            OpenReply.KeepCache | blocks.Handling(op.Flags, isEmpty));
    }

    private async ValueTask<Errno> OpenAsync(OpenOp op, Place place)
    {
        if (place.Path is null)
        {
            return Errno.ESTALE;
        }

        OpenFlags flags = op.Flags;
        (Errno error, OverlayFile? file, bool lower) = await Task.Run(() => Open(place, flags)).ConfigureAwait(false);
        return error != Errno.OK ? error
            : lower ? op.Reply(default, OpenReply.KeepCache | OpenReply.NoFlush)
            : op.Reply(files.Add(new OverlayOpenFile(file!, nodes, place.Id)), flags.CanWrite ? OpenReply.None : OpenReply.NoFlush);
    }

    private (Errno Error, OverlayFile? File, bool Lower) Open(Place place, OpenFlags flags)
    {
        int error = overlay.Find(place.Path!, out OverlayKind kind, out _);
        if (error != 0)
        {
            return ((Errno)error, null, false);
        }

        bool change = flags.CanWrite || flags.HasFlag(OpenFlags.Truncate);
        if (kind == OverlayKind.Lower && !change)
        {
            return (Errno.OK, null, true);
        }

        error = overlay.OpenFile(place.Path!, (int)flags, out OverlayFile? file);
        if (error == 0 && kind == OverlayKind.Lower && file!.GetStat(out OverlayStat stat) == 0)
        {
            nodes.CopiedUp(place.Id, stat.Inode, place.Path!);
        }

        return ((Errno)error, file, false);
    }

    private async ValueTask<Errno> CreateAsync(CreateOp op, string path)
    {
        (int flags, uint mode) = ((int)op.Flags, op.Mode & 0xFFF);
        OverlayOwner owner = new(op.Request.Caller.Uid, op.Request.Caller.Gid);
        (int error, OverlayFile? file, OverlayStat stat) = await Task.Run(() =>
        {
            int made = overlay.CreateFile(path, flags, mode, owner, out OverlayFile? created);
            OverlayStat of = default;
            made = made == 0 ? created!.GetStat(out of) : made;
            return (made, created, of);
        }).ConfigureAwait(false);
        if (error != 0)
        {
            file?.Dispose();
            return (Errno)error;
        }

        FuseEntry entry = names.EntryOf(path, stat);
        return op.Reply(entry, files.Add(new OverlayOpenFile(file!, nodes, entry.Node.Value)));
    }
}
