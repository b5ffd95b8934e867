namespace DataStoreFS.Overlay;

/// <summary>The upper side of one folder.</summary>
public sealed class OverlayListing
{
    private readonly HashSet<string> _covered;

    private OverlayListing(IReadOnlyList<OverlayEntry> entries, IReadOnlySet<string> removed, bool isOpaque)
    {
        (Entries, Removed, IsOpaque) = (entries, removed, isOpaque);
        _covered = [.. entries.Select(e => e.Name)];
    }

    /// <summary>A folder that is only in the lower tree.</summary>
    public static OverlayListing Nothing { get; } = new([], new HashSet<string>(), false);

    /// <summary>What the overlay has in it, sorted by name.</summary>
    public IReadOnlyList<OverlayEntry> Entries { get; }

    /// <summary>Lower names that are gone.</summary>
    public IReadOnlySet<string> Removed { get; }

    /// <summary>Nothing of the lower folder shows.</summary>
    public bool IsOpaque { get; }

    /// <summary>Whether a lower name of this folder shows: neither removed nor covered.</summary>
    public bool ShowsLower(string name) => !IsOpaque && !Removed.Contains(name) && !_covered.Contains(name);

    /// <summary>All names of the folder in both trees together: the overlay's, then the lower ones that show.</summary>
    public IEnumerable<string> Merge(IEnumerable<string> lowerNames) => Entries.Select(e => e.Name).Concat(lowerNames.Where(ShowsLower));

    internal static int Read(int parent, string diskName, bool isOpaque, out OverlayListing listing)
    {
        listing = Nothing;
        int error = Native.OpenFolder(parent, diskName, out UpperFolder folder);
        using (folder)
        {
            if (error != 0 || (error = UpperTree.Read(folder.Fd, ".", out List<(string DiskName, ulong Inode)> found)) != 0)
            {
                return error;
            }

            List<OverlayEntry> entries = [];
            HashSet<string> removed = [];
            foreach ((string onDisk, ulong inode) in found)
            {
                switch (OverlayNames.Parse(onDisk, out string name))
                {
                    case DiskName.Entry when Native.Stat(folder.Fd, onDisk, out OverlayStat stat) == 0:
                        entries.Add(new OverlayEntry(name, inode, stat.Mode));
                        break;
                    case DiskName.Whiteout:
                        removed.Add(name);
                        break;
                }
            }

            entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            listing = new OverlayListing(entries, removed, isOpaque);
            return PosixErrno.None;
        }
    }
}
