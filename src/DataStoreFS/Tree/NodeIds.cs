namespace DataStoreFS.Tree;

/// <summary>
/// How the kernel's 64-bit node ids, which are the inode numbers too, are shared out:
/// <code>
/// 1 ...                volume 0: id = 1 + its NodeCodec number, so its top directory is the root of the mount
/// 2 ... 2^40 - 1       in a whole-server mount: the folders of datasets, and
/// k * 2^40 ...         its volumes; all from hashes of their names, not from the order of appearance
/// 2^62 ... 2^63 - 1    nodes with a table: files of the overlay
/// </code>
/// Never above 2^63: programs that keep an inode number in a signed 64-bit integer (Java's) see no negative one.
/// </summary>
public static class NodeIds
{
    public const ulong Root = 1;

    public const ulong FirstTableNode = 1UL << 62;

    public static bool IsTableNode(ulong id) => id >= FirstTableNode;
}
