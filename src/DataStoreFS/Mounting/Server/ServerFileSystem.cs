using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Server;

/// <summary>A whole server: <c>UUID/VERSION</c> appears when it is named; below that, each volume answers for itself. Can only be read.</summary>
internal sealed class ServerFileSystem(ServerVolumes volumes, ServerFolders folders, MountSettings settings) : FuseFileSystem
{
    // As for blocks (KernelCachePolicy): the server says nothing when a dataset is made, and not every kernel can be told.
    private static readonly TimeSpan s_longestMissing = TimeSpan.FromMinutes(10);
    private const uint Permissions = 0x16D; // 0555

    private readonly TimeSpan _missingFor =
        settings.MissingAge == MountSettings.Never || settings.MissingAge > s_longestMissing ? s_longestMissing : settings.MissingAge;

    private readonly uint _uid = settings.Uid ?? Mono.Unix.Native.Syscall.geteuid();
    private readonly uint _gid = settings.Gid ?? Mono.Unix.Native.Syscall.getegid();

    protected override ValueTask DestroyAsync(bool isUnmounted) => new(volumes.EndAsync(isUnmounted));

    protected override ValueTask<Errno> LookupAsync(LookupOp op)
    {
        ulong parent = op.Parent.Value;
        if (!ServerFolders.IsFolder(parent))
        {
            return volumes.Find(parent)?.Lookups.LookupAsync(op) ?? new(Errno.ESTALE);
        }

        if (parent == NodeIds.Root)
        {
            return ServerNames.TryUuid(op.Name, out string uuid) ? LookupDatasetAsync(op, uuid) : new(op.ReplyMissing(KernelCachePolicy.Fixed));
        }

        return !folders.TryFind(parent, out string? dataset) ? new(Errno.ESTALE)
            : ServerNames.TryVersion(op.Name, out string version) ? LookupVersionAsync(op, dataset!, version)
            : new(op.ReplyMissing(KernelCachePolicy.Fixed));
    }

    protected override ValueTask<Errno> GetAttrAsync(GetAttrOp op)
    {
        ulong id = op.Node.Value;
        return !ServerFolders.IsFolder(id) ? volumes.Find(id)?.Lookups.GetAttrAsync(op) ?? new(Errno.ESTALE)
            : id == NodeIds.Root || folders.TryFind(id, out _) ? new(op.Reply(FolderOf(id), KernelCachePolicy.Fixed))
            : new(Errno.ESTALE);
    }

    protected override ValueTask<Errno> OpenDirAsync(OpenOp op) => new(
        ServerFolders.IsFolder(op.Node.Value) ? op.Reply(default)
        : volumes.Find(op.Node.Value)?.Listings.Open(op) ?? Errno.ESTALE);

    protected override ValueTask<Errno> ReadDirAsync(ReadDirOp op) => ListAsync(new Listing(op));

    protected override ValueTask<Errno> ReadDirPlusAsync(ReadDirPlusOp op) => ListAsync(new Listing(op));

    protected override ValueTask<Errno> OpenAsync(OpenOp op) => volumes.Find(op.Node.Value)?.Files.OpenAsync(op) ?? new(Errno.ESTALE);

    protected override ValueTask<Errno> ReadAsync(ReadOp op) => volumes.Find(op.Node.Value)?.Files.ReadAsync(op) ?? new(Errno.ESTALE);

    protected override ValueTask<Errno> ReleaseAsync(ReleaseOp op) => volumes.Find(op.Node.Value)?.Files.ReleaseAsync(op) ?? new(Errno.OK);

    private async ValueTask<Errno> LookupDatasetAsync(LookupOp op, string uuid)
    {
        try
        {
            await volumes.DescribeAsync(uuid, op.Request.Interrupted).ConfigureAwait(false);
        }
        catch (DataStoreException fault)
        {
            return MissingOr(op, uuid, fault);
        }

        ulong id = folders.Add(uuid);
        return op.Reply(new FuseEntry(new NodeId(id), FolderOf(id), KernelCachePolicy.Fixed));
    }

    private async ValueTask<Errno> LookupVersionAsync(LookupOp op, string uuid, string version)
    {
        try
        {
            TreeHandlers volume = await volumes.OpenAsync(uuid, version, op.Request.Interrupted).ConfigureAwait(false);
            return op.Reply(volume.Lookups.EntryOf(new Node(NodeKind.Top), BlockExistence.Present));
        }
        catch (DataStoreException fault)
        {
            return MissingOr(op, $"{uuid}/{version}", fault);
        }
    }

    private Errno MissingOr(LookupOp op, string path, DataStoreException fault)
    {
        if (fault.Kind == DataStoreErrorKind.NotFound)
        {
            return op.ReplyMissing(_missingFor);
        }

        volumes.Failed(path, fault);
        return ErrnoMap.Of(fault.Kind);
    }

    private ValueTask<Errno> ListAsync(Listing listing)
    {
        ulong id = listing.Directory.Value;
        return !ServerFolders.IsFolder(id) ? volumes.Find(id)?.Listings.ListAsync(listing) ?? new(Errno.ESTALE)
            : id == NodeIds.Root ? new(List(listing, folders.Datasets))
            : folders.TryFind(id, out string? uuid) ? ListVersionsAsync(listing, uuid!)
            : new(Errno.ESTALE);
    }

    private async ValueTask<Errno> ListVersionsAsync(Listing listing, string uuid)
    {
        try
        {
            DatasetDescription dataset = await volumes.DescribeAsync(uuid, listing.Interrupted).ConfigureAwait(false);
            return List(listing, [.. ServerFolders.VersionsOf(dataset)]);
        }
        catch (DataStoreException fault)
        {
            volumes.Failed(uuid, fault);
            return ErrnoMap.Of(fault.Kind);
        }
    }

    /// <summary>Names only: what is behind them is opened when it is looked up.</summary>
    private static Errno List(Listing listing, IReadOnlyList<string> names)
    {
        if (!ListingHandler.TryAddDots(listing, listing.Directory.Value, NodeIds.Root))
        {
            return Errno.OK;
        }

        for (long i = Math.Max(0, listing.Offset - ListingHandler.Dots); i < names.Count; i++)
        {
            string name = names[(int)i];
            if (!listing.TryAddName(
                Encoding.UTF8.GetBytes(name), ServerIds.Dataset(name, static _ => false), FileType.Directory, i + ListingHandler.Dots + 1))
            {
                break;
            }
        }

        return Errno.OK;
    }

    private FuseAttr FolderOf(ulong id) => new()
    {
        Inode = id,
        Type = FileType.Directory,
        Permissions = Permissions & ~(uint)settings.Umask,
        Links = 1, // "unknown": from 2 on, find(1) may believe that it has seen all subdirectories
        Uid = _uid,
        Gid = _gid,
        Times = AttributeSource.Time,
    };
}
