using DataStoreFS.Model;
using DataStoreFS.Mounting.Files;
using DataStoreFS.N5;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using DataStoreFS.WriteBack;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// RENAME. Onto a block's name it is how zarr and rsync finish a block: the temporary file is sent, and the server's answer is the rename's.
/// </summary>
internal sealed class Renames(
    TreeContext context, MergedFiles files, Places places, OverlayNodes nodes, OverlayStore overlay, BlockWriting? blocks, NativeBlockPool pool)
{
    public ValueTask<Errno> RenameAsync(RenameOp op)
    {
        if (!places.TryResolve(op.Parent.Value, out Place parent) || parent.Path is null
            || !places.TryResolve(op.NewParent.Value, out Place newParent) || newParent.Path is null)
        {
            return new(Errno.ENOENT);
        }

        if (!Places.TryText(op.Name, out string name, out Errno error) || !Places.TryText(op.NewName, out string newName, out error))
        {
            return new(error);
        }

        if (places.TryFindBlock(op.Parent.Value, op.Name, out Node source))
        {
            return new(blocks?.Refuse(source, Errno.EPERM, "a DataStore cannot move a block; copy it and leave the old one") ?? Errno.EROFS);
        }

        string from = parent.Child(name);
        if (places.TryFindBlock(op.NewParent.Value, op.NewName, out Node block))
        {
            return blocks is null || blocks.Permit(block) != Errno.OK
                ? new(Errno.EROFS)
                : OntoBlockAsync(from, block, op.Flags, op.Request.Interrupted);
        }

        return places.IsOutsideGrid(newParent, op.NewName)
            ? new(files.OutsideGrid(newParent, newName))
            : RenameAsync(from, places.IdOf(parent, op.Name), newParent.Child(newName), op.Flags);
    }

    private async ValueTask<Errno> RenameAsync(string from, ulong? lowerId, string to, RenameFlags flags) => await Task.Run(() =>
    {
        OverlayKind replaced = OverlayKind.Missing;
        OverlayStat target = default;
        int error = overlay.Find(from, out OverlayKind before, out OverlayStat source);
        error = error == 0 ? overlay.Find(to, out replaced, out target) : error;
        error = error == 0 ? overlay.Rename(from, to, (uint)flags) : error;
        if (error != 0)
        {
            return (Errno)error;
        }

        if (flags.HasFlag(RenameFlags.Exchange))
        {
            const string aside = "\0aside"; // no path can be this
            nodes.Renamed(to, aside);
            nodes.Renamed(from, to);
            nodes.Renamed(aside, from);
            return Errno.OK;
        }

        if (replaced == OverlayKind.Upper && before == OverlayKind.Upper && source.Inode == target.Inode)
        {
            return Errno.OK; // two links of one file: POSIX does nothing
        }

        if (replaced == OverlayKind.Upper)
        {
            nodes.Removed(target.Inode, to, target.Links <= 1);
        }

        nodes.Renamed(from, to);
        if (before == OverlayKind.Lower && lowerId is { } id && overlay.Find(to, out _, out OverlayStat moved) == 0)
        {
            nodes.CopiedUp(id, moved.Inode, to);
        }

        return Errno.OK;
    }).ConfigureAwait(false);

    private async ValueTask<Errno> OntoBlockAsync(string from, Node block, RenameFlags flags, CancellationToken cancellationToken)
    {
        if (flags.HasFlag(RenameFlags.Exchange))
        {
            return Errno.EINVAL;
        }

        if (flags.HasFlag(RenameFlags.NoReplace) && !blocks!.IsNew(block))
        {
            return Errno.EEXIST;
        }

        int error = overlay.OpenFile(from, (int)OpenFlags.ReadOnly, out OverlayFile? file);
        if (error != 0)
        {
            return (Errno)error;
        }

        using (file)
        {
            (Errno result, ulong inode) = await SendAsync(file!, block, cancellationToken).ConfigureAwait(false);
            return result == Errno.OK ? await Task.Run(() => Finish(from, inode, block)).ConfigureAwait(false) : result;
        }
    }

    private async ValueTask<(Errno Error, ulong Inode)> SendAsync(OverlayFile file, Node block, CancellationToken cancellationToken)
    {
        int error = file.GetStat(out OverlayStat stat);
        if (error != 0 || !stat.IsFile)
        {
            return (error != 0 ? (Errno)error : Errno.EINVAL, 0);
        }

        int most = BlockFileLimit.For(context.Tree.LevelOf(block), context.Tree.Volume.VoxelType);
        if (stat.Size > most || stat.Size < BlockBuffer.HeaderBytes)
        {
            return (
                blocks!.Refuse(
                    block,
                    Errno.EINVAL,
                    $"{stat.Size} bytes were renamed to this block, which has {BlockBuffer.HeaderBytes} to {most}; nothing was sent"),
                0);
        }

        BlockBuffer content = pool.Rent((int)stat.Size);
        try
        {
            error = await Task.Run(
                () => file.Read(0, content.GetSpan(), out int count) is var e && e == 0 && count < stat.Size ? (int)Errno.EIO : e, cancellationToken)
                .ConfigureAwait(false);
            if (error != 0)
            {
                return ((Errno)error, 0);
            }

            BlockKey key = context.KeyOf(block);
            _ = blocks!.Buffers.TryFind(key, out BlockWriteBuffer? replaced);
            await blocks.Saver.SaveFileAsync(
                context.Tree.PathOf(block), content, context.Tree.Volume, key, replaced, cancellationToken).ConfigureAwait(false);
            return (Errno.OK, stat.Inode);
        }
        catch (DataStoreException fault)
        {
            return (ErrnoMap.Of(fault.Kind), 0); // the saver has logged it
        }
        finally
        {
            content.Release();
        }
    }

    /// <summary>The server has the block: the temporary file is done, and what the kernel kept under the block's name is not the block.</summary>
    private Errno Finish(string from, ulong inode, Node block)
    {
        nodes.BecameBlock(inode, block);
        blocks!.Buffers.Unlink(context.KeyOf(block)); // also one that was opened meanwhile: under the name as it was
        int error = overlay.RemoveFile(from);
        blocks.Invalidate(block);
        return (Errno)error;
    }
}
