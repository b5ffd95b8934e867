using System.Runtime.CompilerServices;
using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.N5;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Files;

/// <summary>READ of block files: from memory on the thread that read the request, else when the block has come.</summary>
internal sealed class BlockReader(TreeContext context)
{
    private readonly ZeroImage _zeros = new();

    public ValueTask<Errno> ReadAsync(ReadOp op, in Node node)
    {
        BlockKey key = context.KeyOf(node);
        if (context.InHand(key) is { } written && written.TryRead(op.Offset, op.Buffer.Span, out int count))
        {
            return new(op.Reply(count));
        }

        switch (context.Blocks.TryGet(key, out BlockBuffer? block))
        {
            case BlockPresence.Present:
                context.Reads.Hit();
                Observe(op.Offset, op.Request.Caller.Pid, key, hit: true);
                return new(ReplyAndRelease(op, block!));
            case BlockPresence.Missing:
                context.Reads.Hit();
                Observe(op.Offset, op.Request.Caller.Pid, key, hit: true);
                return new(ReplyMissing(op, node));
            default:
                context.Reads.Miss();
                int caller = op.Request.Caller.Pid;
                long offset = op.Offset;
                ValueTask<Errno> reply = FetchAsync(op, node, key, caller);
                Observe(offset, caller, key, hit: false); // after its own fetch has begun, so that guesses go behind it
                return reply;
        }
    }

    /// <summary>Answers from a block that the caller keeps.</summary>
    public Errno Reply(ReadOp op, BlockBuffer block)
    {
        int from = (int)Math.Min(op.Offset, block.Length);
        int count = Math.Min(op.Size, block.Length - from);
        context.Pages.Blocks.Record(op.Node.Value, block.FetchedAt);
        if (!context.Policy.ChecksAtOpen)
        {
            block.Deliver(count); // the kernel keeps it when the file is closed
        }

        return op.Reply(block.GetSpan().Slice(from, count));
    }

    /// <summary>Answers for a block that the server does not have.</summary>
    public Errno ReplyMissing(ReadOp op, in Node node)
    {
        if (context.TellsMissing)
        {
            // It was there when the program looked it up. "Stale file handle" is what network file systems say then; no reader takes it for zeros.
            return Errno.ESTALE;
        }

        context.Pages.RecordMissing(op.Node.Value, context.Blocks.MissingFor(context.KeyOf(node)), Environment.TickCount64);
        return _zeros.Reply(op, context.Tree.LevelOf(node).SizeAt(node.X, node.Y, node.Z), context.Tree.SizeOf(node));
    }

    /// <summary>The block, for whoever asks; a fault is logged with the file's name.</summary>
    public async ValueTask<BlockBuffer?> FetchAsync(Node node, BlockKey key, CancellationToken cancellationToken)
    {
        try
        {
            BlockBuffer? block = await context.Blocks.GetAsync(key, cancellationToken).ConfigureAwait(false);
            context.Faults.Answered();
            return block;
        }
        catch (DataStoreException fault)
        {
            context.Faults.Failed(context.Tree.IdOf(node), context.Tree.PathOf(node), fault);
            throw;
        }
    }

    // The kernel may read a file in several pieces: the first tells that a program wants the block.
    private void Observe(long offset, int thread, in BlockKey key, bool hit)
    {
        if (offset == 0)
        {
            context.Prefetcher?.Observe(key, (uint)thread, hit);
        }
    }

    private Errno ReplyAndRelease(ReadOp op, BlockBuffer block)
    {
        try
        {
            return Reply(op, block);
        }
        finally
        {
            block.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> FetchAsync(ReadOp op, Node node, BlockKey key, int caller)
    {
        BlockBuffer? block;
        try
        {
            block = await FetchAsync(node, key, op.Request.Interrupted).ConfigureAwait(false);
        }
        catch (DataStoreException fault)
        {
            return ErrnoMap.Of(fault.Kind);
        }

        context.Prefetcher?.Served((uint)caller);
        return block is null ? ReplyMissing(op, node) : ReplyAndRelease(op, block);
    }
}
