using System.Text;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;

namespace DataStoreFS.Mounting.Writing;

/// <summary>The dataset's tree as the overlay sees it beneath itself: every block of the grid is there, and belongs to the server.</summary>
internal sealed class OverlayLower(VolumeTree tree, AttributeSource attributes) : ILowerTree
{
    public bool TryGet(string path, out LowerEntry entry)
    {
        bool found = TryResolve(path, out Node node);
        entry = found
            ? new LowerEntry(
                node.IsDirectory,
                CanCopyUp: !node.IsDirectory && node.Kind != NodeKind.Block,
                (int)attributes.PermissionsOf(node),
                new OverlayOwner(attributes.Uid, attributes.Gid),
                AttributeSource.Time.ToDateTimeOffset())
            : default;
        return found;
    }

    public IEnumerable<string> List(string path)
    {
        if (!TryResolve(path, out Node node))
        {
            yield break;
        }

        byte[] name = new byte[NodeNames.MaximumLength];
        long count = tree.ChildCount(node);
        for (long i = 0; i < count; i++)
        {
            int length = tree.WriteName(tree.ChildAt(node, i), name);
            yield return Encoding.ASCII.GetString(name, 0, length);
        }
    }

    public ReadOnlyMemory<byte> Read(string path) =>
        TryResolve(path, out Node node) && !node.IsDirectory && node.Kind != NodeKind.Block ? tree.ContentOf(node) : default;

    public bool TryResolve(string path, out Node node)
    {
        node = new Node(NodeKind.Top);
        foreach (string step in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!node.IsDirectory || !tree.TryFind(node, Encoding.UTF8.GetBytes(step), out node))
            {
                return false;
            }
        }

        return true;
    }
}
