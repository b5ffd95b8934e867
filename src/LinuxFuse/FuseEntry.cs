namespace LinuxFuse;

/// <summary>A name that exists: the node behind it, and for how long the kernel may use this answer without asking again.</summary>
/// <param name="Node">Counted: every entry that reaches the kernel adds one to what <see cref="FuseFileSystem.Forget"/> takes away.</param>
/// <param name="Attributes">Attributes of the node.</param>
/// <param name="EntryValidFor">How long the name leads to this node. <see cref="TimeSpan.Zero"/>: ask each time; <see cref="TimeSpan.MaxValue"/>: for
/// ever.</param>
/// <param name="AttributesValidFor">The same for the attributes.</param>
/// <param name="Generation">Tells apart nodes that use the same id one after the other.</param>
public readonly record struct FuseEntry(
    NodeId Node, FuseAttr Attributes, TimeSpan EntryValidFor, TimeSpan AttributesValidFor, ulong Generation = 0)
{
    /// <summary>Name and attributes are good for the same time.</summary>
    public FuseEntry(NodeId node, FuseAttr attributes, TimeSpan validFor)
        : this(node, attributes, validFor, validFor)
    {
    }
}
