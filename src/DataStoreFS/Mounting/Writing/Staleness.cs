using System.Text;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// What the kernel must forget after changes of the overlay that did not come from it. Ids are looked up before the change, announced after it.
/// </summary>
internal sealed class Staleness(VolumeTree tree, OverlayStore overlay, OverlayLower lower, OverlayNodes nodes)
{
    private readonly Dictionary<string, ulong?> _folders = []; // asked once a folder
    private readonly HashSet<(ulong Parent, string Name)> _names = [];
    private readonly HashSet<ulong> _nodes = [];

    /// <summary>A name, the content beneath it, and that of the dataset's file that will show again.</summary>
    public void Add(in OverlayItem item)
    {
        AddName(item.Path);
        if (item.Difference != OverlayDifference.Removed)
        {
            _nodes.Add(nodes.IdOf(item.Stat.Inode));
        }

        if (lower.TryResolve(item.Path, out Node node))
        {
            _nodes.Add(tree.IdOf(node));
        }
    }

    /// <summary>The name leads elsewhere, and its folder lists it no more or again.</summary>
    public void AddName(string path)
    {
        int slash = path.LastIndexOf('/');
        if (FolderId(slash < 0 ? "" : path[..slash]) is { } folder)
        {
            _names.Add((folder, path[(slash + 1)..]));
            _nodes.Add(folder);
        }
    }

    /// <summary>Only queues.</summary>
    public void Announce(FuseNotifier? notifier)
    {
        foreach ((ulong parent, string name) in _names)
        {
            notifier?.InvalidateEntry(new NodeId(parent), Encoding.UTF8.GetBytes(name));
        }

        foreach (ulong id in _nodes)
        {
            notifier?.InvalidateInode(new NodeId(id));
        }
    }

    /// <summary>As the kernel knows it; null when the folder is gone, and its names with it.</summary>
    private ulong? FolderId(string path)
    {
        if (path.Length == 0)
        {
            return NodeIds.Root;
        }

        if (!_folders.TryGetValue(path, out ulong? id))
        {
            id = overlay.Find(path, out OverlayKind kind, out OverlayStat stat) != 0 ? null
                : kind == OverlayKind.Upper ? nodes.IdOf(stat.Inode)
                : lower.TryResolve(path, out Node node) ? tree.IdOf(node)
                : null;
            _folders[path] = id;
        }

        return id;
    }
}
