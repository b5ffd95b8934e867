using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>
/// Where a path leads: into the upper folder, the lower tree, both or nowhere. Valid under the store's lock. Holds the parent's handle; disposed by
/// who asked for it.
/// </summary>
internal sealed class Place : IDisposable
{
    private UpperFolder _parent;
    private bool _parentIsRoot;
    private int _firstMissing; // depth of the first folder on the way that the upper tree lacks

    private Place(UpperFolder root, string[] names, LowerFacts lower)
    {
        (Root, Names, Facts) = (root, names, lower);
        (_parent, _parentIsRoot) = (root, true);
    }

    public string[] Names { get; }

    /// <summary>The last name as it stands on disk.</summary>
    public string DiskName => IsTop ? "." : OverlayNames.OnDisk(Names[^1]);

    /// <summary>The mount's own folder: has attributes, but cannot be made, moved or removed.</summary>
    public bool IsTop => Names.Length == 0;

    public string Whiteout => OverlayNames.Whiteout(Names[^1]);

    /// <summary>The upper parent's handle; -1 when the upper tree has none (see <see cref="EnsureParent"/>).</summary>
    public int Parent => _firstMissing < 0 ? _parent.Fd : -1;

    /// <summary>What the upper tree has.</summary>
    public OverlayStat? Upper { get; private set; }

    /// <summary>What the lower tree has here and would show if the upper tree had nothing of this name.</summary>
    public LowerEntry? Beneath { get; private set; }

    /// <summary>The upper folder of this name lets nothing of the lower one show through.</summary>
    public bool IsOpaque { get; private set; }

    /// <summary>Whether a removed lower entry left its mark here.</summary>
    public bool HasWhiteout { get; private set; }

    public bool Exists => Upper is not null || Beneath is not null;

    public bool IsFolder => Upper?.IsFolder ?? Beneath?.IsFolder ?? false;

    /// <summary>A folder in which the lower tree shows, alone or with an upper one.</summary>
    public bool ShowsLowerFolder => IsFolder && !IsOpaque && Beneath is { IsFolder: true };

    private UpperFolder Root { get; }

    private LowerFacts Facts { get; }

    /// <summary>Finds a path. ENOENT or ENOTDIR when its parent is no folder of the merged tree; the last name itself may be missing.</summary>
    public static int Find(UpperFolder root, string[] names, LowerFacts lower, out Place place)
    {
        place = new Place(root, names, lower);
        int error = place.Walk();
        if (error != 0)
        {
            place.Dispose();
        }

        return error;
    }

    /// <summary>Makes the folders on the way in the upper tree, as the lower ones look.</summary>
    public int EnsureParent()
    {
        while (_firstMissing >= 0)
        {
            int depth = _firstMissing;
            LowerEntry folder = Facts[depth + 1]!.Value;
            string name = OverlayNames.OnDisk(Names[depth]);
            int error = Native.Result(Syscall.mkdirat(_parent.Fd, name, FilePermissions.S_IRWXU));
            error = error is 0 or PosixErrno.EEXIST ? Native.SetOwnerAndMode(_parent.Fd, name, folder.Owner, (uint)folder.Mode) : error;
            if (error == 0)
            {
                OverlayTime modified = OverlayTime.From(folder.Modified);
                error = Native.SetTimes(_parent.Fd, name, modified, modified);
            }

            error = error == 0 ? Enter(name) : error;
            if (error != 0)
            {
                return error;
            }

            _firstMissing = depth + 1 < Names.Length - 1 ? depth + 1 : -1;
        }

        return PosixErrno.None;
    }

    /// <summary>The upper tree has it now.</summary>
    public void Appeared(OverlayStat stat) => Upper = stat;

    public void Dispose()
    {
        if (!_parentIsRoot)
        {
            _parent.Dispose();
            (_parent, _parentIsRoot) = (Root, true);
        }
    }

    private int Walk()
    {
        bool hidden = false;
        _firstMissing = -1;
        for (int depth = 0; depth < Names.Length - 1; depth++)
        {
            if (_firstMissing < 0)
            {
                hidden |= Native.Exists(_parent.Fd, OverlayNames.Whiteout(Names[depth]));
                int error = Enter(OverlayNames.OnDisk(Names[depth]));
                if (error == 0)
                {
                    hidden |= Native.Exists(_parent.Fd, OverlayNames.Opaque);
                    continue;
                }

                if (error != PosixErrno.ENOENT)
                {
                    return error;
                }

                _firstMissing = depth;
            }

            if (hidden || Facts[depth + 1] is not { } folder)
            {
                return PosixErrno.ENOENT;
            }

            if (!folder.IsFolder)
            {
                return PosixErrno.ENOTDIR;
            }
        }

        return Look(hidden);
    }

    private int Look(bool hidden)
    {
        if (_firstMissing < 0)
        {
            HasWhiteout = !IsTop && Native.Exists(_parent.Fd, Whiteout);
            int error = Native.Stat(_parent.Fd, DiskName, out OverlayStat stat);
            Upper = error == 0 ? stat : null;
            if (error is not (0 or PosixErrno.ENOENT))
            {
                return error;
            }

            IsOpaque = Upper is { IsFolder: true } && HasOpaqueMark();
        }

        Beneath = hidden || HasWhiteout ? null : Facts[Names.Length];
        return PosixErrno.None;
    }

    private bool HasOpaqueMark()
    {
        int error = Native.OpenFolder(_parent.Fd, DiskName, out UpperFolder folder);
        using (folder)
        {
            return error == 0 && Native.Exists(folder.Fd, OverlayNames.Opaque);
        }
    }

    private int Enter(string name)
    {
        int error = Native.OpenFolder(_parent.Fd, name, out UpperFolder next);
        if (error == 0)
        {
            Dispose();
            (_parent, _parentIsRoot) = (next, false);
        }

        return error;
    }
}
