namespace DataStoreFS.Overlay;

/// <summary>How a path of the overlay differs from the dataset's own tree.</summary>
public enum OverlayDifference
{
    Added,

    /// <summary>Covers a lower file or folder of this name.</summary>
    Changed,
    Removed,
}

/// <summary>One line of <c>overlay list</c>.</summary>
/// <param name="Path">Relative to the tree's top.</param>
/// <param name="Difference">From the lower tree.</param>
/// <param name="Stat">Of the upper entry; default when it was removed.</param>
public readonly record struct OverlayItem(string Path, OverlayDifference Difference, OverlayStat Stat);

/// <summary>Everything that an overlay holds, for <c>overlay list</c> and <c>diff</c>. Folders that merely lead to something are left out.</summary>
public static class OverlayReport
{
    /// <summary>Sorted by path within each folder, depth first.</summary>
    /// <exception cref="IOException">A folder cannot be read; the errno is its HResult.</exception>
    public static IEnumerable<OverlayItem> Items(OverlayStore store, ILowerTree lower) => Items(store, lower, "");

    /// <summary>Only what lies at or below one of the paths.</summary>
    /// <exception cref="IOException">As above.</exception>
    public static IEnumerable<OverlayItem> Items(OverlayStore store, ILowerTree lower, IReadOnlyCollection<string> paths) =>
        Items(store, lower).Where(item => paths.Any(path => IsBelow(item.Path, path)));

    /// <summary>Whether something is that, or in it; everything is in <c>""</c>.</summary>
    public static bool IsBelow(string path, string top) =>
        top.Length == 0 || path == top || path.StartsWith(top + "/", StringComparison.Ordinal);

    private static IEnumerable<OverlayItem> Items(OverlayStore store, ILowerTree lower, string folder)
    {
        int error = store.List(folder, out OverlayListing listing);
        if (error != 0)
        {
            throw new IOException($"cannot read {folder} in the overlay {store.Folder}: errno {error}", error);
        }

        foreach (string name in listing.Removed.Where(r => listing.Entries.All(e => e.Name != r)).Order(StringComparer.Ordinal))
        {
            yield return new OverlayItem(Join(folder, name), OverlayDifference.Removed, default);
        }

        foreach (OverlayEntry entry in listing.Entries)
        {
            string path = Join(folder, entry.Name);
            if (store.Find(path, out OverlayKind kind, out OverlayStat stat) != 0)
            {
                continue; // went away meanwhile
            }

            if (kind != OverlayKind.Merged)
            {
                bool covers = lower.TryGet(path, out _) && !listing.IsOpaque;
                yield return new OverlayItem(path, covers ? OverlayDifference.Changed : OverlayDifference.Added, stat);
            }

            if (stat.IsFolder)
            {
                foreach (OverlayItem item in Items(store, lower, path))
                {
                    yield return item;
                }
            }
        }
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
