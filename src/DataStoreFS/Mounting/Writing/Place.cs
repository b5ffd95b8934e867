using DataStoreFS.Tree;

namespace DataStoreFS.Mounting.Writing;

/// <summary>What an id of the kernel's means on a mount with an overlay.</summary>
/// <param name="Id">The id.</param>
/// <param name="Node">Its place in the dataset's tree, if it is there.</param>
/// <param name="Path">Below the mount point, without a slash at either end; null for an overlay file whose last name is gone.</param>
internal readonly record struct Place(ulong Id, Node? Node, string? Path)
{
    public bool IsBlock => Node is { Kind: NodeKind.Block };

    public string Child(string name) => string.IsNullOrEmpty(Path) ? name : $"{Path}/{name}";
}
