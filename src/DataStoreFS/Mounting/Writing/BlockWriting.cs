using System.Collections.Concurrent;
using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Files;
using DataStoreFS.N5;
using DataStoreFS.Tree;
using DataStoreFS.WriteBack;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Writing;

/// <summary>What block files that programs write share: the buffers, the way to the server, and the words of refusals.</summary>
internal sealed class BlockWriting(TreeContext context, BlockReader reader, WriteBackEngine engine, NativeBlockPool pool, ILogger logger)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ulong, int> _dropping = new();
    private FuseNotifier? _notifier;
    private bool _passesPages;

    public BlockSaver Saver { get; } = new(engine, pool, logger);

    public ExpectedWrites Expected { get; } = new(context.Tree, pool);

    public VolumeInfo Volume => context.Tree.Volume;

    public BlockWriteBuffers Buffers => context.Written!;

    public void Attach(FuseMount mount)
    {
        _notifier = mount.Notifier;
        _passesPages = mount.Kernel.Has(FuseCapabilities.DirectIOMap);
    }

    /// <summary>
    /// How a handle is to be used by the kernel. One that only writes, to a file that was empty when it was opened, goes past the page cache: a block
    /// is written once and seldom read where it was written, and a copy, as much memory and a GETXATTR for each write(2) are spared. Pages that
    /// readers fetch meanwhile are dropped by each write, but not before Linux 6.6, which also brought the capability that is asked for here
    /// (fs/fuse/file.c fuse_direct_io); a page that came at the moment of a write goes at the end (<see cref="BecameServers"/>).
    /// </summary>
    public OpenReply Handling(OpenFlags flags, bool isEmpty) =>
        _passesPages && isEmpty && flags is { CanWrite: true, CanRead: false } ? OpenReply.DirectIO : OpenReply.None;

    /// <summary>An open block file; the one buffer of the node is shared by its handles.</summary>
    /// <param name="node">A block inside the grid.</param>
    /// <param name="existed">Whether the server has, or seems to have, the block now.</param>
    /// <param name="flags">Of open(2).</param>
    public BlockFile Open(in Node node, bool existed, OpenFlags flags)
    {
        int usual = (int)context.Tree.SizeOf(node);
        int most = BlockFileLimit.For(context.Tree.LevelOf(node), Volume.VoxelType);
        BlockWriteBuffer fresh = new(pool, context.Tree.PathOf(node), existed, Math.Min(usual, most), most);
        BlockWriteBuffer buffer = Buffers.Open(context.KeyOf(node), fresh, flags.CanWrite);
        if (flags.CanWrite && flags.HasFlag(OpenFlags.Truncate))
        {
            buffer.Truncate(0);
        }

        return new BlockFile(this, reader, node, buffer, flags.CanWrite);
    }

    /// <summary>
    /// EROFS, with a line in the log, where the server has no place for the block: what was written there would take the place of another setup's
    /// block, since the server finds setups by channel and angle.
    /// </summary>
    public Errno Permit(in Node node)
    {
        BlockKey key = KeyOf(node);
        if (Volume.IsAddressable(key.Setup, key.Timepoint))
        {
            return Errno.OK;
        }

        SetupInfo setup = Volume.Setups[key.Setup];
        return Refuse(
            node,
            Errno.EROFS,
            setup.Addressable
                ? "this view was never recorded (MissingViews of the dataset's XML), so the server has no place for it; write to another view"
                : $"this is a further tile or illumination of channel {setup.ChannelId}, angle {setup.AngleId}, of which a DataStore can address "
                    + "only the first; write to that setup, or push the data as a dataset with more channels");
    }

    public BlockKey KeyOf(in Node node) => context.KeyOf(node);

    public void RequireRoom(long bytes) => engine.RequireRoom(bytes);

    /// <summary>
    /// fsync() of whoever did not write it: ends when the server has all that was closed. What others are just writing is theirs to send.
    /// </summary>
    public async ValueTask<Errno> SyncAsync(Node node, CancellationToken cancellationToken)
    {
        BlockKey key = KeyOf(node);
        if (!Volume.IsAddressable(key.Setup, key.Timepoint))
        {
            return Errno.OK; // nothing was ever written to it
        }

        try
        {
            await engine.SyncAsync(key, cancellationToken).ConfigureAwait(false);
            return Errno.OK;
        }
        catch (DataStoreException fault)
        {
            return ErrnoMap.Of(fault.Kind);
        }
    }

    /// <summary>The file as it is before it is changed in part: what the server has, or what the tree shows where it has nothing.</summary>
    public async ValueTask LoadBaseAsync(Node node, BlockWriteBuffer buffer, CancellationToken cancellationToken)
    {
        BlockBuffer? block = await reader.FetchAsync(node, KeyOf(node), cancellationToken).ConfigureAwait(false);
        if (block is null && !context.TellsMissing)
        {
            block = pool.Rent((int)context.Tree.SizeOf(node));
            N5Header.Write(block.GetSpan(), context.Tree.LevelOf(node).SizeAt(node.X, node.Y, node.Z));
            block.WritablePayload.Clear();
        }

        if (block is null)
        {
            buffer.Load([]);
            return;
        }

        try
        {
            buffer.Load(block.GetSpan());
        }
        finally
        {
            block.Release();
        }
    }

    /// <summary>
    /// The node's content is no longer what was written into it but what the server has: a compressed file has become its raw image, a refused one
    /// has gone. The kernel must not go on with the pages and the length that the writes left.
    /// </summary>
    /// <param name="node">The block.</param>
    /// <param name="lengthAsWritten">Of its file.</param>
    /// <param name="stale">It was refused, or read while it was written past the page cache.</param>
    public void BecameServers(in Node node, long? lengthAsWritten, bool stale)
    {
        if (stale || (lengthAsWritten is { } length && length != context.Tree.SizeOf(node)))
        {
            Invalidate(node);
        }
    }

    /// <summary>
    /// Whether the file that was written is not the image that the tree shows of its block, and nobody else may be writing it. Who only reads sees
    /// the file change under an open handle, as when it is written again in place.
    /// </summary>
    public bool IsConverted(in Node node, BlockWriteBuffer buffer) =>
        buffer.Length is { } length && length != context.Tree.SizeOf(node) && Buffers.HasOneWriter(buffer);

    /// <summary>Another file took the block's name, or its content changed under the kernel's pages.</summary>
    public void Invalidate(in Node node)
    {
        if (_notifier is null)
        {
            return;
        }

        ulong id = context.Tree.IdOf(node);
        _dropping.AddOrUpdate(id, 1, static (_, count) => count + 1);
        _notifier.InvalidateInode(new NodeId(id));
        _ = DroppedAsync(id, _notifier);
    }

    /// <summary>
    /// The kernel was told to drop the node's pages and may not have done so yet. It cannot be waited for by a rename, which holds the lock that
    /// invalidations before it in the queue may need; but an open that does not ask to keep the pages drops them, too.
    /// </summary>
    public bool IsDropping(in Node node) => !_dropping.IsEmpty && _dropping.ContainsKey(context.Tree.IdOf(node));

    /// <summary>
    /// Waits until the kernel has dropped the pages. Only for handlers of requests for which it holds no lock of the file: FLUSH is one.
    /// </summary>
    public async ValueTask DropPagesAsync(Node node)
    {
        if (_notifier is null)
        {
            return;
        }

        Invalidate(node);
        await _notifier.FlushAsync(CancellationToken.None).WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>True when the block was never on the server, as far as is known without asking it.</summary>
    public bool IsNew(in Node node)
    {
        BlockPresence presence = context.Blocks.TryGet(KeyOf(node), out BlockBuffer? block);
        block?.Release();
        return presence == BlockPresence.Missing && context.TellsMissing;
    }

    public Errno Refuse(in Node node, Errno errno, string reason)
    {
        logger.LogWarning("{Path}: {Reason}", context.Tree.PathOf(node), reason);
        return errno;
    }

    private async Task DroppedAsync(ulong id, FuseNotifier notifier)
    {
        await notifier.FlushAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_dropping.AddOrUpdate(id, 0, static (_, count) => count - 1) == 0)
        {
            _dropping.TryRemove(KeyValuePair.Create(id, 0));
        }
    }
}
