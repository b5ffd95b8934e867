namespace LinuxFuse;

/// <summary>The number by which the kernel and the file system mean the same node. The file system chooses it; 0 is not a node.</summary>
/// <remarks>
/// The kernel may use an id until it has forgotten it (<see cref="FuseFileSystem.Forget"/>). An id that is used again for another
/// node needs another <see cref="FuseEntry.Generation"/>.
/// </remarks>
public readonly record struct NodeId(ulong Value)
{
    /// <summary>The root directory: 1 by protocol. It is never looked up and never forgotten.</summary>
    public static NodeId Root => new(1);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
