using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Mounting.Writing;
using DataStoreFS.N5;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using DataStoreFS.WriteBack;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>
/// A tree that programs can write to: blocks go to the server (where the version can be written), everything else to the overlay. Sorts requests to
/// the handlers, and does nothing else.
/// </summary>
internal sealed class WritableFileSystem : FuseFileSystem
{
    private readonly OpenHandler _files;
    private readonly MergedLookup _names;
    private readonly MergedListing _listings;
    private readonly MergedFiles _opens;
    private readonly NameChanges _changes;
    private readonly Renames _renames;
    private readonly MergedAttributes _attributes;
    private readonly OverlayNodes _nodes = new();
    private readonly BlockWriting? _blocks;
    private readonly AttributeSource _dataset;
    private readonly OverlayStore _overlay;

    /// <param name="context">Its <see cref="TreeContext.Written"/> is set when <paramref name="engine"/> is.</param>
    /// <param name="overlay">Made with an <see cref="OverlayLower"/> of the same tree.</param>
    /// <param name="engine">Null: blocks cannot be written.</param>
    /// <param name="pool">For written blocks.</param>
    /// <param name="logger">Hears every refusal.</param>
    public WritableFileSystem(TreeContext context, OverlayStore overlay, WriteBackEngine? engine, NativeBlockPool pool, ILogger logger)
    {
        BlockReader reader = new(context);
        Existence existence = new(context, reader);
        LookupHandler lookups = new(context, existence);
        Places places = new(context.Tree, _nodes);
        _blocks = engine is null ? null : new BlockWriting(context, reader, engine, pool, logger);
        _files = new OpenHandler(context, reader);
        _names = new MergedLookup(context, lookups, places, _nodes, overlay, logger);
        _listings = new MergedListing(context, new ListingHandler(context, existence, lookups), places, _nodes, overlay);
        _opens = new MergedFiles(context, _files, existence, _names, places, _nodes, overlay, _blocks);
        _changes = new NameChanges(_names, _opens, places, _nodes, overlay, _blocks);
        _renames = new Renames(context, _opens, places, _nodes, overlay, _blocks, pool);
        _attributes = new MergedAttributes(context, lookups, _names, places, _nodes, overlay, _blocks);
        _dataset = context.Attributes;
        _overlay = overlay;
        Upkeep = new OverlayUpkeep(context, overlay, new OverlayLower(context.Tree, context.Attributes), _nodes, logger);
    }

    /// <summary>For who asks about the overlay from outside the mount.</summary>
    public OverlayUpkeep Upkeep { get; }

    protected override ValueTask InitAsync(FuseMount mount, CancellationToken cancellationToken)
    {
        Upkeep.Attach(mount.Notifier);
        _blocks?.Attach(mount);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask DestroyAsync(bool isUnmounted) => new(_files.EndAsync(isUnmounted));

    protected override void Forget(NodeId node, ulong lookups)
    {
        if (NodeIds.IsTableNode(node.Value))
        {
            _nodes.Forget(node.Value, lookups);
        }
    }

    protected override IWriteMemory? RentWriteMemory() => _blocks?.Expected.Rent();

    protected override ValueTask<Errno> LookupAsync(LookupOp op) => _names.LookupAsync(op);

    protected override ValueTask<Errno> GetAttrAsync(GetAttrOp op) => _names.GetAttrAsync(op, op.Handle is { } handle ? _files.Find(handle) : null);

    protected override ValueTask<Errno> SetAttrAsync(SetAttrOp op) =>
        _attributes.SetAttrAsync(op, op.Handle is { } handle ? _files.Find(handle) : null);

    protected override ValueTask<Errno> OpenDirAsync(OpenOp op) => new(_listings.Open(op));

    protected override ValueTask<Errno> ReadDirAsync(ReadDirOp op) => _listings.ListAsync(new Listing(op), op.Handle);

    protected override ValueTask<Errno> ReadDirPlusAsync(ReadDirPlusOp op) => _listings.ListAsync(new Listing(op), op.Handle);

    protected override ValueTask<Errno> ReleaseDirAsync(ReleaseOp op)
    {
        _listings.Release(op.Handle);
        return new(Errno.OK);
    }

    protected override ValueTask<Errno> FsyncDirAsync(FsyncOp op) => _listings.SyncAsync(op);

    protected override ValueTask<Errno> OpenAsync(OpenOp op) => _opens.OpenAsync(op);

    protected override ValueTask<Errno> CreateAsync(CreateOp op) => _opens.CreateAsync(op);

    protected override ValueTask<Errno> ReadAsync(ReadOp op) => _files.ReadAsync(op);

    protected override ValueTask<Errno> WriteAsync(WriteOp op) => _files.Find(op.Handle)?.WriteAsync(op) ?? new(Errno.EBADF);

    protected override ValueTask<Errno> FlushAsync(FlushOp op) => _files.Find(op.Handle)?.FlushAsync(op) ?? new(Errno.OK);

    protected override ValueTask<Errno> FsyncAsync(FsyncOp op) => _opens.FsyncAsync(op);

    protected override ValueTask<Errno> FallocateAsync(FallocateOp op) =>
        (_files.Find(op.Handle) as OverlayOpenFile)?.AllocateAsync(op) ?? new(Errno.EOPNOTSUPP);

    protected override ValueTask<Errno> ReleaseAsync(ReleaseOp op) => _files.ReleaseAsync(op);

    protected override ValueTask<Errno> MkdirAsync(MkdirOp op) => _changes.MkdirAsync(op);

    protected override ValueTask<Errno> MknodAsync(MknodOp op) => _changes.MknodAsync(op);

    protected override ValueTask<Errno> SymlinkAsync(SymlinkOp op) => _changes.SymlinkAsync(op);

    protected override ValueTask<Errno> LinkAsync(LinkOp op) => _changes.LinkAsync(op);

    protected override ValueTask<Errno> UnlinkAsync(UnlinkOp op) => _changes.UnlinkAsync(op);

    protected override ValueTask<Errno> RmdirAsync(UnlinkOp op) => _changes.RmdirAsync(op);

    protected override ValueTask<Errno> RenameAsync(RenameOp op) => _renames.RenameAsync(op);

    protected override ValueTask<Errno> ReadLinkAsync(ReadLinkOp op) => _names.ReadLinkAsync(op);

    protected override ValueTask<Errno> GetXAttrAsync(GetXAttrOp op) => _attributes.GetXAttrAsync(op);

    protected override ValueTask<Errno> ListXAttrAsync(GetXAttrOp op) => _attributes.ListXAttrAsync(op);

    protected override ValueTask<Errno> SetXAttrAsync(SetXAttrOp op) => _attributes.SetXAttrAsync(op);

    protected override ValueTask<Errno> RemoveXAttrAsync(RemoveXAttrOp op) => _attributes.RemoveXAttrAsync(op);

    /// <summary>The dataset's size, and the room of the disk that the overlay is on: some programs ask before they save.</summary>
    protected override ValueTask<Errno> StatFsAsync(StatFsOp op)
    {
        FuseStatFs status = _dataset.FileSystem();
        if (_overlay.GetSpace(out OverlaySpace space) == 0)
        {
            ulong scale = Math.Max(1, space.BlockSize);
            status.FreeBlocks = space.FreeBlocks * scale / status.BlockSize;
            status.AvailableBlocks = space.AvailableBlocks * scale / status.BlockSize;
            status.Blocks += status.FreeBlocks;
            status.FreeFiles = space.FreeFiles;
            status.Files += space.FreeFiles;
        }

        return new(op.Reply(status));
    }
}
