using System.Runtime.CompilerServices;
using DataStoreFS.Blocks;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Files;

/// <summary>LOOKUP and GETATTR: arithmetic, but for the one question that only the server can answer (does this block exist?).</summary>
internal sealed class LookupHandler(TreeContext context, Existence existence)
{
    public ValueTask<Errno> LookupAsync(LookupOp op)
    {
        if (!context.Tree.TryResolve(op.Parent.Value, out Node parent))
        {
            return new(Errno.ESTALE);
        }

        if (!context.Tree.TryFind(parent, op.Name, out Node node))
        {
            return new(op.ReplyMissing(KernelCachePolicy.Fixed));
        }

        uint caller = (uint)op.Request.Caller.Pid; // an op must not be asked after its reply
        if (!context.TellsMissing || node.Kind != NodeKind.Block)
        {
            return new(op.Reply(EntryOf(node, BlockExistence.Present)));
        }

        BlockPresence known = existence.Known(node);
        ValueTask<Errno> reply = known switch
        {
            BlockPresence.Present => new(op.Reply(EntryOf(node, BlockExistence.Present))),
            BlockPresence.Missing => new(op.ReplyMissing(MissingFor(node))),
            _ => SettleAsync(op, node, caller),
        };
        context.Prefetcher?.Observe(context.KeyOf(node), caller, known != BlockPresence.Unknown);
        return reply;
    }

    public ValueTask<Errno> GetAttrAsync(GetAttrOp op)
    {
        if (!context.Tree.TryResolve(op.Node.Value, out Node node))
        {
            return new(Errno.ESTALE);
        }

        FuseAttr attributes = AttributesOf(op.Node.Value, node, out TimeSpan validFor);
        return new(op.Reply(attributes, validFor));
    }

    /// <summary>Also of a block file that is being written, whose length is what was written so far.</summary>
    public FuseAttr AttributesOf(ulong id, in Node node, out TimeSpan validFor)
    {
        FuseAttr attributes = context.Attributes.Of(id, node);
        validFor = KernelCachePolicy.Fixed;
        if (context.LengthInHand(node) is { } length)
        {
            attributes.Size = length;
            validFor = TimeSpan.Zero;
        }

        return attributes;
    }

    /// <summary>What the kernel is told of a name, by a lookup or a listing: the same in both.</summary>
    public FuseEntry EntryOf(in Node node, BlockExistence existence)
    {
        ulong id = context.Tree.IdOf(node);
        TimeSpan validFor = existence == BlockExistence.Unsettled ? TimeSpan.Zero
            : node.Kind == NodeKind.Block && context.TellsMissing ? context.Policy.PresentFor
            : KernelCachePolicy.Fixed;
        FuseAttr attributes = AttributesOf(id, node, out TimeSpan attributesValidFor);
        return new FuseEntry(new NodeId(id), attributes, attributesValidFor == TimeSpan.Zero ? TimeSpan.Zero : validFor, attributesValidFor);
    }

    // No longer than what the store still believes: what it was told some time ago is not new to the kernel.
    private TimeSpan MissingFor(in Node node)
    {
        TimeSpan left = context.Blocks.MissingFor(context.KeyOf(node));
        return left < context.Policy.MissingFor ? left : context.Policy.MissingFor;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> SettleAsync(LookupOp op, Node node, uint caller)
    {
        BlockExistence settled = await existence.SettleAsync(node, op.Request.Interrupted).ConfigureAwait(false);
        context.Prefetcher?.Served(caller);
        return settled == BlockExistence.Missing ? op.ReplyMissing(MissingFor(node)) : op.Reply(EntryOf(node, settled));
    }
}
