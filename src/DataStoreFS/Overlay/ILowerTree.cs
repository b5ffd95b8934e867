namespace DataStoreFS.Overlay;

/// <summary>
/// The dataset's own tree, below the overlay. Answers from what is known without the network; must not call back into the overlay. Paths are relative
/// to the tree's top (<c>""</c>), with <c>/</c> between names.
/// </summary>
public interface ILowerTree
{
    bool TryGet(string path, out LowerEntry entry);

    /// <summary>Names in a folder; only asked for folders.</summary>
    IEnumerable<string> List(string path);

    /// <summary>
    /// All of a small file (export.xml, attributes.json), to be copied up. Only asked for entries with <see cref="LowerEntry.CanCopyUp"/>.
    /// </summary>
    ReadOnlyMemory<byte> Read(string path);
}

/// <summary>What the lower tree has at a path.</summary>
/// <param name="IsFolder">Else a file.</param>
/// <param name="CanCopyUp">A file that may be changed and removed in the overlay. False for blocks: they belong to the server, and cannot be
/// removed.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Owner">As the mount shows it.</param>
/// <param name="Modified">As the mount shows it.</param>
public readonly record struct LowerEntry(bool IsFolder, bool CanCopyUp, int Mode, OverlayOwner Owner, DateTimeOffset Modified);

/// <summary>Whose a new file is: the caller's, as FUSE says.</summary>
public readonly record struct OverlayOwner(uint Uid, uint Gid);
