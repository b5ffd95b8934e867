using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using LinuxFuse;

namespace DataStoreFS.Mounting;

/// <summary>A tree that can only be read, as the kernel asks for it: sorts requests to the handlers, and does nothing else.</summary>
internal sealed class DataStoreFileSystem : FuseFileSystem
{
    private readonly LookupHandler _lookups;
    private readonly ListingHandler _listings;
    private readonly OpenHandler _files;
    private readonly AttributeSource _attributes;

    public DataStoreFileSystem(TreeHandlers handlers)
    {
        _lookups = handlers.Lookups;
        _listings = handlers.Listings;
        _files = handlers.Files;
        _attributes = handlers.Context.Attributes;
    }

    protected override ValueTask DestroyAsync(bool isUnmounted) => new(_files.EndAsync(isUnmounted));

    protected override ValueTask<Errno> LookupAsync(LookupOp op) => _lookups.LookupAsync(op);

    protected override ValueTask<Errno> GetAttrAsync(GetAttrOp op) => _lookups.GetAttrAsync(op);

    protected override ValueTask<Errno> OpenDirAsync(OpenOp op) => new(_listings.Open(op));

    protected override ValueTask<Errno> ReadDirAsync(ReadDirOp op) => _listings.ListAsync(new Listing(op));

    protected override ValueTask<Errno> ReadDirPlusAsync(ReadDirPlusOp op) => _listings.ListAsync(new Listing(op));

    protected override ValueTask<Errno> OpenAsync(OpenOp op) => _files.OpenAsync(op);

    protected override ValueTask<Errno> ReadAsync(ReadOp op) => _files.ReadAsync(op);

    protected override ValueTask<Errno> ReleaseAsync(ReleaseOp op) => _files.ReleaseAsync(op);

    protected override ValueTask<Errno> StatFsAsync(StatFsOp op) => new(op.Reply(_attributes.FileSystem()));

    protected override ValueTask<Errno> SetAttrAsync(SetAttrOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> MknodAsync(MknodOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> MkdirAsync(MkdirOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> SymlinkAsync(SymlinkOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> LinkAsync(LinkOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> UnlinkAsync(UnlinkOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> RmdirAsync(UnlinkOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> RenameAsync(RenameOp op) => new(Errno.EROFS);

    protected override ValueTask<Errno> CreateAsync(CreateOp op) => new(Errno.EROFS);
}
