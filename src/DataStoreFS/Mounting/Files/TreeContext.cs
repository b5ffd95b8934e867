using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Prefetch;
using DataStoreFS.Tree;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Mounting.Files;

/// <summary>What the handlers of one mounted volume share.</summary>
internal sealed class TreeContext(VolumeTree tree, IBlockStore blocks, MountSettings settings, MountState state)
{
    public VolumeTree Tree { get; } = tree;
    public IBlockStore Blocks { get; } = blocks;
    public IPrefetcher? Prefetcher { get; init; }
    public KernelCachePolicy Policy { get; } = new(settings, tree.Volume);
    public AttributeSource Attributes { get; } = new(tree, settings);
    public PageLedgers Pages => state.Pages;
    public FaultLog Faults => state.Faults;
    public ReadCounters Reads => state.Reads;

    /// <summary>Block files that programs write now; null on a mount that cannot write blocks.</summary>
    public BlockWriteBuffers? Written { get; init; }

    /// <summary>A missing block is no file.</summary>
    public bool TellsMissing { get; } = settings.MissingOrDefault == MissingBlocks.Absent;

    public BlockKey KeyOf(in Node node) => node.KeyIn(Tree.Volume.Volume);

    /// <summary>The length of a block file while it is being written and differs from what the store says; else null.</summary>
    public long? LengthInHand(in Node node) => node.Kind == NodeKind.Block ? InHand(KeyOf(node))?.Length : null;

    /// <summary>The buffer whose content readers are to see instead of the store's.</summary>
    public BlockWriteBuffer? InHand(in BlockKey key) =>
        Written is { Count: > 0 } && Written.TryFind(key, out BlockWriteBuffer? buffer) && !buffer!.IsSetAside ? buffer : null;
}
