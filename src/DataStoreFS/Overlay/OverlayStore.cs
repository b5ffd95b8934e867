using DataStoreFS.Model;
using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>
/// A local folder shown on top of the dataset's tree: what programs create, change and remove beside the blocks. Full POSIX behaviour, since each
/// call is a system call on that folder; a lower file is copied up when it is first changed, a removed one leaves a whiteout. Survives remounts.
/// </summary>
/// <remarks>
/// Paths are relative to the tree's top, with <c>/</c> between names; <c>""</c> is the top itself. Answers are errno (<see cref="PosixErrno"/>).
/// Every path is walked folder by folder without following symbolic links, so nothing outside the folder can be reached. Thread-safe; the one lock
/// makes changes of several steps appear as one, and is a leaf: the lower tree is asked before it is taken.
/// </remarks>
public sealed class OverlayStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ILowerTree _lower;
    private readonly UpperTree _tree;
    private readonly OverlayChanges _changes;
    private Dictionary<string, ReadOnlyMemory<byte>> _prefetched = []; // lower content for the change under way; under the lock
    private long _version;

    private OverlayStore(string folder, UpperTree tree, ILowerTree lower)
    {
        (Folder, _tree, _lower) = (folder, tree, lower);
        _changes = new OverlayChanges(tree, path => _prefetched.TryGetValue(path, out ReadOnlyMemory<byte> content) ? content : null);
    }

    /// <summary>Where it is on disk.</summary>
    public string Folder { get; }

    /// <summary>Somebody else was using the folder when it was opened.</summary>
    public bool IsShared => _tree.IsShared;

    /// <summary>Grows before every call that could change something: what was found holds until then, but for changes from elsewhere.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Opens or makes the folder.</summary>
    /// <exception cref="DataStoreException">Local: it cannot be used.</exception>
    public static OverlayStore Open(string folder, ILowerTree lower)
    {
        try
        {
            return new OverlayStore(folder, UpperTree.Open(folder), lower);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local, $"the overlay folder {folder} cannot be used: {fault.Message}; name another one with --overlay", fault);
        }
    }

    /// <summary>What there is at a path, in both trees together.</summary>
    /// <param name="path">Not the top.</param>
    /// <param name="kind">Where it is.</param>
    /// <param name="stat">Of the upper one; default for <see cref="OverlayKind.Lower"/>.</param>
    public int Find(string path, out OverlayKind kind, out OverlayStat stat)
    {
        OverlayKind found = OverlayKind.Missing;
        OverlayStat upper = default;
        int error = At(path, place =>
        {
            found = place.Upper is null ? place.Beneath is null ? OverlayKind.Missing : OverlayKind.Lower
                : place.ShowsLowerFolder ? OverlayKind.Merged : OverlayKind.Upper;
            upper = place.Upper ?? default;
            return PosixErrno.None;
        }, looksOnly: true);
        (kind, stat) = (found, upper);
        return error;
    }

    /// <summary>
    /// The upper side of a folder and what it hides; see <see cref="OverlayListing.Merge"/>. ENOENT when it is not in the merged tree.
    /// </summary>
    public int List(string path, out OverlayListing listing)
    {
        OverlayListing result = OverlayListing.Nothing;
        int error = path.Length == 0
            ? Under(() => OverlayListing.Read(_tree.Root.Fd, ".", isOpaque: false, out result))
            : At(path, place => !place.Exists ? PosixErrno.ENOENT : !place.IsFolder ? PosixErrno.ENOTDIR : place.Upper is null
                ? PosixErrno.None
                : OverlayListing.Read(place.Parent, place.DiskName, !place.ShowsLowerFolder, out result));
        listing = result;
        return error;
    }

    /// <summary>
    /// Opens a file; a lower one is copied up if it is opened for writing, and may not be opened for reading here. Flags are open(2)'s: the access
    /// mode and O_TRUNC count. ENOENT for what is only in the lower tree and opened for reading.
    /// </summary>
    public int OpenFile(string path, int flags, out OverlayFile? file)
    {
        OverlayFile? opened = null;
        OpenFlags access = Access(flags);
        int error = At(path, place =>
        {
            if (place.IsFolder)
            {
                return PosixErrno.EISDIR;
            }

            int missing = place.Upper is null && access == OpenFlags.O_RDONLY ? PosixErrno.ENOENT : PosixErrno.None;
            int made = missing == 0 ? _changes.CopyUp(place, withContent: !access.HasFlag(OpenFlags.O_TRUNC)) : missing;
            return made == 0 ? OpenUpper(place, access, 0, out opened) : made;
        }, willChange: access != OpenFlags.O_RDONLY);
        file = opened;
        return error;
    }

    /// <summary>Makes a file and opens it. EEXIST when there is one: the kernel only asks when it has not seen one.</summary>
    public int CreateFile(string path, int flags, uint mode, OverlayOwner owner, out OverlayFile? file)
    {
        OverlayFile? opened = null;
        int error = At(path, place =>
        {
            int made = _changes.Make(place, owner, mode, (folder, name) =>
            {
                int result = Native.OpenFile(folder, name, Access(flags) | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180, out int fd);
                opened = result == 0 ? new OverlayFile(fd) : null;
                return result;
            });
            if (made != 0)
            {
                opened?.Dispose();
                opened = null;
            }

            return made;
        });
        file = opened;
        return error;
    }

    /// <summary>fsync(2) of a folder: the names in it are on the disk afterwards. Nothing to do where the overlay has no such folder.</summary>
    public int SyncFolder(string path)
    {
        int fd = -1;
        int error = path.Length == 0
            ? Under(() => Native.OpenFile(_tree.Root.Fd, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0, out fd), looksOnly: true)
            : At(path, place => place.Upper is not { IsFolder: true }
                ? PosixErrno.None
                : Native.OpenFile(place.Parent, place.DiskName, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0, out fd), looksOnly: true);
        if (error != 0 || fd < 0)
        {
            return error;
        }

        using OverlayFile folder = new(fd); // synced outside of the lock: that may take long
        return folder.Sync(dataOnly: false);
    }

    public int MakeFolder(string path, uint mode, OverlayOwner owner) => At(path, place => _changes.MakeFolder(place, owner, mode));

    /// <summary>mknod(2): pipes, sockets, and devices where the caller may.</summary>
    public int MakeNode(string path, uint mode, ulong device, OverlayOwner owner) =>
        At(path, place => _changes.Make(place, owner, mode, (folder, name) =>
        Native.Result(Syscall.mknodat(folder, name, NativeConvert.ToFilePermissions(mode), device))));

    public int MakeSymlink(string path, string target, OverlayOwner owner) => At(path, place => _changes.Make(place, owner, null, (folder, name) =>
        Native.Result(Syscall.symlinkat(target, folder, name))));

    /// <summary>The text of a symbolic link, which is never followed here.</summary>
    public int ReadLink(string path, out byte[] target)
    {
        byte[] text = [];
        int error = AtUpper(path, place =>
        {
            byte[] buffer = new byte[4096]; // PATH_MAX
            long length = Syscall.readlinkat(place.Parent, place.DiskName, buffer);
            text = length >= 0 ? buffer[..(int)length] : [];
            return length >= 0 ? PosixErrno.None : Native.LastErrno;
        });
        target = text;
        return error;
    }

    public int RemoveFile(string path) => At(path, _changes.RemoveFile);

    public int RemoveFolder(string path)
    {
        IReadOnlyCollection<string> lowerNames = LowerNames(path);
        return At(path, place => _changes.RemoveFolder(place, lowerNames));
    }

    /// <summary>
    /// renameat2(2): flags 0, RENAME_NOREPLACE and RENAME_EXCHANGE. EXDEV for a folder in which the lower tree shows, EPERM for blocks.
    /// </summary>
    public int Rename(string from, string to, uint flags)
    {
        const uint NoReplace = 1, Exchange = 2;
        if (flags is not (0 or NoReplace or Exchange) || to.StartsWith(from + "/", StringComparison.Ordinal))
        {
            return PosixErrno.EINVAL;
        }

        IReadOnlyCollection<string> lowerNames = LowerNames(to);
        return AtBoth(from, to, (source, target) =>
            from == to ? source.Exists ? flags == NoReplace ? PosixErrno.EEXIST : PosixErrno.None : PosixErrno.ENOENT
            : flags == Exchange ? _changes.Exchange(source, target)
            : _changes.Rename(source, target, lowerNames, mayReplace: flags != NoReplace));
    }

    public int Link(string from, string to) => AtBoth(from, to, _changes.Link);

    /// <summary>chmod, chown, truncate and utimensat, in this order of safety: size, owner, mode, times. Copies up.</summary>
    public int SetAttributes(string path, OverlayChange change) => At(path, place =>
    {
        int error = _changes.CopyUp(place, withContent: change.Size != 0);
        if (error == 0 && change.Size is { } size)
        {
            error = OpenUpper(place, OpenFlags.O_WRONLY, 0, out OverlayFile? file);
            using (file)
            {
                error = error == 0 ? file!.SetAttributes(new OverlayChange(Size: size)) : error;
            }
        }

        if (error == 0 && (change.Uid is not null || change.Gid is not null))
        {
            error = Native.Result(Syscall.fchownat(
                place.Parent, place.DiskName, change.Uid ?? uint.MaxValue, change.Gid ?? uint.MaxValue, AtFlags.AT_SYMLINK_NOFOLLOW));
        }

        error = error == 0 && change.Mode is { } mode ? Native.SetMode(place.Parent, place.DiskName, mode) : error;
        return error == 0 && (change.Accessed is not null || change.Modified is not null)
            ? Native.SetTimes(place.Parent, place.DiskName, change.Accessed, change.Modified)
            : error;
    }, willChange: true);

    /// <summary>Extended attributes, <c>user.</c> only: others would claim what this mount does not do. ENODATA when a lower file is asked.</summary>
    public int GetXattr(string path, string name, out byte[] value)
    {
        byte[] got = [];
        int error = Xattr.IsSupported(name) ? At(path, place => Xattr.Get(place, name, out got)) : PosixErrno.ENOTSUP;
        value = got;
        return error;
    }

    public int ListXattr(string path, out IReadOnlyList<string> names)
    {
        IReadOnlyList<string> got = [];
        int error = At(path, place => Xattr.List(place, out got));
        names = got;
        return error;
    }

    /// <param name="path">Copied up if need be.</param>
    /// <param name="name">Begins with <c>user.</c>.</param>
    /// <param name="value">Bytes.</param>
    /// <param name="flags">setxattr(2)'s: 0, XATTR_CREATE (1), XATTR_REPLACE (2).</param>
    public int SetXattr(string path, string name, ReadOnlyMemory<byte> value, int flags) =>
        Xattr.IsSupported(name)
            ? At(path, place => _changes.SetXattr(place, name, value.ToArray(), flags), willChange: true)
            : PosixErrno.ENOTSUP;

    public int RemoveXattr(string path, string name) =>
        Xattr.IsSupported(name) ? At(path, place => Xattr.Remove(place, name)) : PosixErrno.ENOTSUP;

    public int GetSpace(out OverlaySpace space)
    {
        int error = Native.Result(Syscall.fstatvfs(_tree.Root.Fd, out Statvfs raw));
        space = new OverlaySpace(raw.f_frsize, raw.f_blocks, raw.f_bfree, raw.f_bavail, raw.f_files, raw.f_ffree, raw.f_namemax);
        return error;
    }

    /// <summary>
    /// Throws away what the overlay has at a path (<c>""</c>: everything), whiteouts included, so that the lower tree shows again. ENOENT when there
    /// is nothing.
    /// </summary>
    public int Discard(string path) => path.Length == 0 ? DiscardAll() : At(path, place =>
    {
        if (place.Upper is null && !place.HasWhiteout)
        {
            return PosixErrno.ENOENT;
        }

        int error = place.Upper is null ? PosixErrno.None : _tree.Discard(place.Parent, place.DiskName);
        return error == 0 ? OverlayChanges.RemoveWhiteout(place) : error;
    });

    public void Dispose() => _tree.Dispose();

    private int DiscardAll()
    {
        int error = List("", out OverlayListing top);
        foreach (string name in top.Entries.Select(e => e.Name).Concat(top.Removed).Distinct())
        {
            int discarded = Discard(name);
            error = error == 0 && discarded != PosixErrno.ENOENT ? discarded : error;
        }

        return error;
    }

    private static OpenFlags Access(int flags)
    {
        const int AccessMode = 3;
        const int Truncate = 0x200; // O_TRUNC
        OpenFlags access = (flags & AccessMode) switch { 0 => OpenFlags.O_RDONLY, 1 => OpenFlags.O_WRONLY, _ => OpenFlags.O_RDWR };

        // Not O_APPEND: pwrite(2) would then ignore the offset that the kernel has already computed.
        return (flags & Truncate) != 0 && access != OpenFlags.O_RDONLY ? access | OpenFlags.O_TRUNC : access;
    }

    private static int OpenUpper(Place place, OpenFlags access, uint mode, out OverlayFile? file)
    {
        file = null;
        int error = Native.OpenFile(place.Parent, place.DiskName, access, mode, out int fd);
        if (error != 0)
        {
            return error;
        }

        file = new OverlayFile(fd);
        if (file.GetStat(out OverlayStat stat) == 0 && stat.IsFile)
        {
            return PosixErrno.None;
        }

        file.Dispose();
        file = null;
        return PosixErrno.EINVAL;
    }

    private int At(string path, Func<Place, int> act, bool willChange = false, bool looksOnly = false)
    {
        int error = OverlayNames.Split(path, out string[] names);
        if (error != 0)
        {
            return error;
        }

        LowerFacts facts = new(_lower, names);
        Dictionary<string, ReadOnlyMemory<byte>> content = willChange ? Content(path, facts[names.Length]) : [];
        return Under(() =>
        {
            int found = Place.Find(_tree.Root, names, facts, out Place place);
            using (place)
            {
                _prefetched = content;
                return found == 0 ? act(place) : found;
            }
        }, looksOnly);
    }

    private int AtUpper(string path, Func<Place, int> act) => At(path, place => place.Upper is null ? PosixErrno.ENOENT : act(place));

    private int AtBoth(string from, string to, Func<Place, Place, int> act)
    {
        int error = OverlayNames.Split(from, out string[] fromNames);
        int toError = OverlayNames.Split(to, out string[] toNames);
        if (error != 0 || toError != 0)
        {
            return error != 0 ? error : toError;
        }

        LowerFacts fromFacts = new(_lower, fromNames);
        LowerFacts toFacts = new(_lower, toNames);
        Dictionary<string, ReadOnlyMemory<byte>> content = Content(from, fromFacts[fromNames.Length]);
        foreach ((string path, ReadOnlyMemory<byte> bytes) in Content(to, toFacts[toNames.Length]))
        {
            content[path] = bytes;
        }

        return Under(() =>
        {
            int found = Place.Find(_tree.Root, fromNames, fromFacts, out Place source);
            using (source)
            {
                if (found != 0)
                {
                    return found;
                }

                found = Place.Find(_tree.Root, toNames, toFacts, out Place target);
                using (target)
                {
                    _prefetched = content;
                    return found == 0 ? act(source, target) : found;
                }
            }
        });
    }

    private int Under(Func<int> act, bool looksOnly = false)
    {
        lock (_gate)
        {
            Volatile.Write(ref _version, _version + (looksOnly ? 0 : 1)); // here: who has read the new number finds what has changed
            return act();
        }
    }

    private Dictionary<string, ReadOnlyMemory<byte>> Content(string path, LowerEntry? lower) =>
        lower is { IsFolder: false, CanCopyUp: true } ? new() { [path] = _lower.Read(path) } : [];

    private IReadOnlyCollection<string> LowerNames(string path) =>
        _lower.TryGet(path, out LowerEntry entry) && entry.IsFolder ? [.. _lower.List(path)] : [];
}
