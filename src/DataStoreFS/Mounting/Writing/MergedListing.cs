using System.Text;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>
/// OPENDIR to RELEASEDIR of folders in two trees: the overlay's names first, then those of the dataset that show. The overlay's part is a
/// snapshot per open directory, taken when reading begins, so that cookies stay good while names come and go (rm -r removes as it reads).
/// </summary>
internal sealed class MergedListing(TreeContext context, ListingHandler listings, Places places, OverlayNodes nodes, OverlayStore overlay)
{
    private const uint TypeMask = 0xF000; // S_IFMT

    private readonly HandleTable<OpenDirectory> _open = new();

    public Errno Open(OpenOp op) => !places.TryResolve(op.Node.Value, out Place place) ? Errno.ESTALE
        : place.Path is null ? Errno.ENOENT
        : op.Reply(_open.Add(new OpenDirectory(place)));

    public async ValueTask<Errno> ListAsync(Listing listing, FileHandle handle)
    {
        if (_open.Find(handle) is not { } directory)
        {
            return Errno.EBADF;
        }

        if (listing.Offset == 0 || directory.Upper is null)
        {
            string path = directory.Place.Path!;
            (int error, OverlayListing found) = await Task.Run(() => (overlay.List(path, out OverlayListing l), l)).ConfigureAwait(false);
            if (error != 0)
            {
                return (Errno)error;
            }

            directory.Upper = found;
        }

        OverlayListing upper = directory.Upper;
        if (!ListingHandler.TryAddDots(listing, directory.Place.Id, ParentId(directory.Place)) || !TryAddUpper(listing, directory.Place, upper))
        {
            return Errno.OK;
        }

        return directory.Place.Node is { } node && !upper.IsOpaque
            ? await listings.ListAsync(
                listing,
                node,
                ListingHandler.Dots + upper.Entries.Count,
                ReferenceEquals(upper, OverlayListing.Nothing) ? null : upper.ShowsLower).ConfigureAwait(false)
            : Errno.OK;
    }

    public void Release(FileHandle handle) => _open.Remove(handle);

    /// <summary>FSYNCDIR: the overlay's names; those of blocks are the server's.</summary>
    public async ValueTask<Errno> SyncAsync(FsyncOp op)
    {
        if (!places.TryResolve(op.Node.Value, out Place place) || place.Path is not { } path)
        {
            return Errno.OK; // removed while it was open
        }

        return (Errno)await Task.Run(() => overlay.SyncFolder(path)).ConfigureAwait(false);
    }

    private bool TryAddUpper(in Listing listing, in Place directory, OverlayListing upper)
    {
        for (long i = Math.Max(0, listing.Offset - ListingHandler.Dots); i < upper.Entries.Count; i++)
        {
            OverlayEntry entry = upper.Entries[(int)i];
            byte[] name = Encoding.UTF8.GetBytes(entry.Name);
            FileType type = (FileType)(entry.Mode & TypeMask);
            ulong id = type == FileType.Directory && directory.Node is { } at && context.Tree.TryFind(at, name, out Node lower)
                ? context.Tree.IdOf(lower)
                : nodes.IdOf(entry.Inode);
            if (!listing.TryAddName(name, id, type, i + ListingHandler.Dots + 1))
            {
                return false;
            }
        }

        return true;
    }

    private ulong ParentId(in Place place) => place.Node is { } node ? context.Tree.IdOf(node.Parent) : NodeIds.Root;

    private sealed class OpenDirectory(Place place)
    {
        public Place Place { get; } = place;
        public OverlayListing? Upper { get; set; }
    }
}
