using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>
/// The steps that change names in the overlay, each in an order that a crash leaves either the old or the new state (or a mark that means nothing):
/// a whiteout is made before what it replaces goes, and removed after its successor is there. Called under the store's lock.
/// </summary>
internal sealed class OverlayChanges(UpperTree tree, Func<string, ReadOnlyMemory<byte>?> copiedUp)
{
    /// <summary>Brings a lower file into the upper tree (empty if it is about to be truncated anyway), so that it can be changed there.</summary>
    public int CopyUp(Place place, bool withContent)
    {
        if (place.Upper is not null || place.Beneath is not { } lower)
        {
            return place.Exists ? PosixErrno.None : PosixErrno.ENOENT;
        }

        int error = place.EnsureParent();
        if (error != 0)
        {
            return error;
        }

        if (lower.IsFolder)
        {
            return CopyUpFolder(place, lower);
        }

        if (!lower.CanCopyUp || copiedUp(string.Join('/', place.Names)) is not { } content)
        {
            return PosixErrno.EPERM;
        }

        string work = tree.NewName();
        error = Native.OpenFile(tree.Work.Fd, work, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180, out int fd);
        if (error != 0)
        {
            return error;
        }

        using (OverlayFile file = new(fd))
        {
            error = withContent ? file.Write(0, content.Span, out _) : PosixErrno.None;

            // The name must not be on the disk before the content: what it hides is the dataset's own file.
            error = error == 0 && withContent ? file.Sync(dataOnly: true) : error;
        }

        OverlayTime modified = OverlayTime.From(lower.Modified);
        error = error == 0 ? Native.SetOwnerAndMode(tree.Work.Fd, work, lower.Owner, (uint)lower.Mode) : error;
        error = error == 0 ? Native.SetTimes(tree.Work.Fd, work, modified, modified) : error;
        return Publish(work, place, error);
    }

    /// <summary>A new folder. Over a removed lower one it is opaque, or the old content would be back.</summary>
    public int MakeFolder(Place place, OverlayOwner owner, uint mode)
    {
        int error = place.Exists ? PosixErrno.EEXIST : place.EnsureParent();
        if (error != 0)
        {
            return error;
        }

        string work = tree.NewName();
        error = Native.Result(Syscall.mkdirat(tree.Work.Fd, work, FilePermissions.S_IRWXU));
        error = error == 0 && place.HasWhiteout ? MarkOpaque(tree.Work.Fd, work) : error;
        error = error == 0 ? Native.SetOwnerAndMode(tree.Work.Fd, work, Inherit(place, owner, ref mode, isFolder: true), mode) : error;
        return Publish(work, place, error);
    }

    /// <summary>A new name by a call that makes it (mknodat, symlinkat), with this owner and, unless it is a symbolic link, mode.</summary>
    public int Make(Place place, OverlayOwner owner, uint? mode, Func<int, string, int> make)
    {
        int error = place.Exists ? PosixErrno.EEXIST : place.EnsureParent();
        if (error != 0)
        {
            return error;
        }

        string work = tree.NewName();
        uint bits = mode ?? 0;
        owner = Inherit(place, owner, ref bits, isFolder: false);
        error = make(tree.Work.Fd, work);
        if (error == 0)
        {
            error = mode is not null
                ? Native.SetOwnerAndMode(tree.Work.Fd, work, owner, bits)
                : Native.IsRoot ? Native.Result(Syscall.fchownat(tree.Work.Fd, work, owner.Uid, owner.Gid, AtFlags.AT_SYMLINK_NOFOLLOW)) : 0;
        }

        return Publish(work, place, error);
    }

    public int RemoveFile(Place place)
    {
        if (!place.Exists)
        {
            return PosixErrno.ENOENT;
        }

        if (place.IsFolder)
        {
            return PosixErrno.EISDIR;
        }

        int error = HideLower(place);
        return error == 0 && place.Upper is not null ? Native.Result(Syscall.unlinkat(place.Parent, place.DiskName, 0)) : error;
    }

    /// <param name="place">Where it is.</param>
    /// <param name="lowerNames">What the lower folder has, whether it shows or not.</param>
    public int RemoveFolder(Place place, IReadOnlyCollection<string> lowerNames)
    {
        if (!place.Exists)
        {
            return PosixErrno.ENOENT;
        }

        if (!place.IsFolder)
        {
            return PosixErrno.ENOTDIR;
        }

        int error = RequireEmpty(place, lowerNames);
        error = error == 0 ? HideLower(place) : error;
        return error == 0 && place.Upper is not null ? tree.Discard(place.Parent, place.DiskName) : error;
    }

    public int Rename(Place from, Place to, IReadOnlyCollection<string> lowerNamesOfTarget, bool mayReplace)
    {
        int error = RequireMovable(from);
        if (error != 0)
        {
            return error;
        }

        if (to.Exists)
        {
            error = !mayReplace ? PosixErrno.EEXIST : RequireReplaceable(from, to, lowerNamesOfTarget);
            if (error != 0)
            {
                return error;
            }
        }

        error = CopyUp(from, withContent: true);
        error = error == 0 ? to.EnsureParent() : error;
        error = error == 0 && from.IsFolder && (to.HasWhiteout || to.Beneath is not null) ? MarkOpaque(from.Parent, from.DiskName) : error;
        error = error == 0 ? HideLower(from) : error;
        if (error == 0 && to.Upper is { IsFolder: true })
        {
            error = tree.Discard(to.Parent, to.DiskName); // may hold marks, which rename(2) would call not empty
        }

        error = error == 0 ? Native.Rename(from.Parent, from.DiskName, to.Parent, to.DiskName, 0) : error;
        if (error != 0)
        {
            ShowLower(from);
            return error;
        }

        return RemoveWhiteout(to);
    }

    /// <summary>Both names change places at once.</summary>
    public int Exchange(Place from, Place to)
    {
        const uint RenameExchange = 2;
        int error = from.Exists && to.Exists ? RequireMovable(from) : PosixErrno.ENOENT;
        error = error == 0 ? RequireMovable(to) : error;
        error = error == 0 ? CopyUp(from, withContent: true) : error;
        error = error == 0 ? CopyUp(to, withContent: true) : error;
        error = error == 0 && from.IsFolder && to.Beneath is not null ? MarkOpaque(from.Parent, from.DiskName) : error;
        error = error == 0 && to.IsFolder && from.Beneath is not null ? MarkOpaque(to.Parent, to.DiskName) : error;
        return error == 0 ? Native.Rename(from.Parent, from.DiskName, to.Parent, to.DiskName, RenameExchange) : error;
    }

    public int Link(Place from, Place to)
    {
        int error = !from.Exists ? PosixErrno.ENOENT
            : from.IsFolder ? PosixErrno.EPERM
            : to.Exists ? PosixErrno.EEXIST
            : CopyUp(from, withContent: true);
        error = error == 0 ? to.EnsureParent() : error;
        error = error == 0 ? Native.Result(Syscall.linkat(from.Parent, from.DiskName, to.Parent, to.DiskName, 0)) : error;
        return error == 0 ? RemoveWhiteout(to) : error;
    }

    public int SetXattr(Place place, string name, byte[] value, int flags)
    {
        int error = CopyUp(place, withContent: true);
        return error == 0 ? Xattr.Set(place, name, value, flags) : error;
    }

    /// <summary>A whiteout's successor is in place.</summary>
    public static int RemoveWhiteout(Place place) =>
        place.HasWhiteout ? Native.Result(Syscall.unlinkat(place.Parent, place.Whiteout, 0)) : PosixErrno.None;

    /// <summary>In a set-group-id folder new entries get its group, and folders the bit, as every local file system has it.</summary>
    public static OverlayOwner Inherit(Place place, OverlayOwner owner, ref uint mode, bool isFolder)
    {
        const uint SetGroupId = 0x400; // S_ISGID
        if (Native.Stat(place.Parent, ".", out OverlayStat parent) != 0 || (parent.Mode & SetGroupId) == 0)
        {
            return owner;
        }

        mode |= isFolder ? SetGroupId : 0;
        return owner with { Gid = parent.Gid };
    }

    private int CopyUpFolder(Place place, LowerEntry lower)
    {
        string work = tree.NewName();
        OverlayTime modified = OverlayTime.From(lower.Modified);
        int error = Native.Result(Syscall.mkdirat(tree.Work.Fd, work, FilePermissions.S_IRWXU));
        error = error == 0 ? Native.SetOwnerAndMode(tree.Work.Fd, work, lower.Owner, (uint)lower.Mode) : error;
        error = error == 0 ? Native.SetTimes(tree.Work.Fd, work, modified, modified) : error;
        return Publish(work, place, error);
    }

    // What was made in the work folder gets its name at once, or is thrown away.
    private int Publish(string work, Place place, int error)
    {
        error = error == 0 ? Native.Rename(tree.Work.Fd, work, place.Parent, place.DiskName, 0) : error;
        if (error != 0)
        {
            _ = UpperTree.RemoveAll(tree.Work.Fd, work); // the first error is the one to tell
            return error;
        }

        error = Native.Stat(place.Parent, place.DiskName, out OverlayStat stat);
        place.Appeared(stat);
        return error == 0 ? RemoveWhiteout(place) : error;
    }

    private static int MarkOpaque(int parent, string diskName)
    {
        int error = Native.OpenFolder(parent, diskName, out UpperFolder folder);
        using (folder)
        {
            return error == 0 ? Native.Touch(folder.Fd, OverlayNames.Opaque) : error;
        }
    }

    // Before something of this name goes: what is beneath must not show.
    private static int HideLower(Place place)
    {
        if (place.IsTop)
        {
            return PosixErrno.EBUSY;
        }

        if (place.Beneath is not { } lower)
        {
            return PosixErrno.None;
        }

        if (!lower.CanCopyUp && !lower.IsFolder)
        {
            return PosixErrno.EPERM;
        }

        int error = place.EnsureParent();
        return error == 0 ? Native.Touch(place.Parent, place.Whiteout) : error;
    }

    private static void ShowLower(Place place)
    {
        if (place.Beneath is not null && place.Parent >= 0)
        {
            _ = Syscall.unlinkat(place.Parent, place.Whiteout, 0); // if it stays: what it hides is covered by the upper entry
        }
    }

    private static int RequireMovable(Place place) => !place.Exists
        ? PosixErrno.ENOENT
        : place.ShowsLowerFolder
            ? PosixErrno.EXDEV // blocks cannot be moved on the server: mv falls back to copying
            : place.Upper is null && place.Beneath is { CanCopyUp: false } ? PosixErrno.EPERM : PosixErrno.None;

    private static int RequireReplaceable(Place from, Place to, IReadOnlyCollection<string> lowerNames) => (from.IsFolder, to.IsFolder) switch
    {
        (true, false) => PosixErrno.ENOTDIR,
        (false, true) => PosixErrno.EISDIR,
        (true, true) => RequireEmpty(to, lowerNames),
        _ => to.Upper is null && to.Beneath is { CanCopyUp: false } ? PosixErrno.EPERM : PosixErrno.None,
    };

    private static int RequireEmpty(Place place, IReadOnlyCollection<string> lowerNames)
    {
        HashSet<string> left = place.ShowsLowerFolder ? [.. lowerNames] : [];
        if (place.Upper is not null)
        {
            int error = UpperTree.Read(place.Parent, place.DiskName, out List<(string DiskName, ulong Inode)> entries);
            if (error != 0)
            {
                return error;
            }

            foreach ((string diskName, _) in entries)
            {
                switch (OverlayNames.Parse(diskName, out string name))
                {
                    case DiskName.Entry:
                        return PosixErrno.ENOTEMPTY;
                    case DiskName.Whiteout:
                        left.Remove(name);
                        break;
                }
            }
        }

        return left.Count == 0 ? PosixErrno.None : PosixErrno.ENOTEMPTY;
    }
}
