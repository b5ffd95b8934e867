using System.Text;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Files;

/// <summary>
/// OPENDIR, READDIR and READDIRPLUS. The cookie after the k-th entry is k + 1, so a listing resumes anywhere without state; where missing blocks are
/// told, listing a row settles them first, because a name that is listed and cannot be looked up makes cp, tar, rsync and ls fail.
/// </summary>
internal sealed class ListingHandler(TreeContext context, Existence existence, LookupHandler lookups)
{
    // "." and ".."
    public const long Dots = 2;

    // Blocks of a row asked for at once: enough to fill several requests, few enough that a long row does not flush the cache before it is read.
    private const int LargestBatch = 128;

    public Errno Open(OpenOp op)
    {
        if (!context.Tree.TryResolve(op.Node.Value, out Node node))
        {
            return Errno.ESTALE;
        }

        if (context.Policy.StatelessDirectories)
        {
            return op.ReplyStateless();
        }

        return op.Reply(default, SettlesExistence(node) ? OpenReply.None : OpenReply.CacheDirectory | OpenReply.KeepCache);
    }

    public ValueTask<Errno> ListAsync(Listing listing)
    {
        if (!context.Tree.TryResolve(listing.Directory.Value, out Node directory))
        {
            return new(Errno.ESTALE);
        }

        if (!directory.IsDirectory)
        {
            return new(Errno.ENOTDIR);
        }

        return !TryAddDots(listing, context.Tree.IdOf(directory), context.Tree.IdOf(directory.Parent))
            ? new(Errno.OK)
            : ListAsync(listing, directory, Dots, null);
    }

    /// <summary>"." and "..", with the cookies 1 and 2; false when the reply is full.</summary>
    public static bool TryAddDots(in Listing listing, ulong id, ulong parentId) =>
        (listing.Offset > 0 || listing.TryAddName("."u8, id, FileType.Directory, 1))
        && (listing.Offset > 1 || listing.TryAddName(".."u8, parentId, FileType.Directory, Dots));

    /// <summary>The names of a directory of the dataset's tree.</summary>
    /// <param name="listing">The request.</param>
    /// <param name="directory">In the tree.</param>
    /// <param name="first">The cookie before the first name: how many entries of other kinds come before.</param>
    /// <param name="shows">False for names that something else hides; null: all show.</param>
    public ValueTask<Errno> ListAsync(Listing listing, Node directory, long first, Func<string, bool>? shows)
    {
        if (SettlesExistence(directory))
        {
            return ListRowAsync(listing, directory, first, shows);
        }

        long count = context.Tree.ChildCount(directory);
        long index = Math.Max(0, listing.Offset - first);
        while (index < count && Add(listing, directory, index, BlockExistence.Present, first, shows))
        {
            index++;
        }

        return new(Errno.OK);
    }

    private bool SettlesExistence(in Node node) => context.TellsMissing && node.Kind == NodeKind.Row;

    private bool Add(in Listing listing, in Node directory, long index, BlockExistence exists, long first, Func<string, bool>? shows)
    {
        Span<byte> name = stackalloc byte[NodeNames.MaximumLength];
        Node child = context.Tree.ChildAt(directory, index);
        int length = context.Tree.WriteName(child, name);
        return (shows is not null && !shows(Encoding.ASCII.GetString(name[..length])))
            || listing.TryAdd(name[..length], child, exists, lookups, context.Tree, index + first + 1);
    }

    /// <summary>
    /// For guesses, who lists a row reads its blocks: a walk over a level's folders asks for row after row, and would wait a round trip for each.
    /// </summary>
    private async ValueTask<BlockExistence[]> SettleAsync(Listing listing, Node row, int first, int count)
    {
        Task<BlockExistence[]> settling = existence.SettleAsync(row, first, count, listing.Interrupted);
        if (context.Prefetcher is not { } prefetcher)
        {
            return await settling.ConfigureAwait(false);
        }

        uint caller = listing.Caller;
        bool known = settling.IsCompleted;
        for (int z = first; z < first + count; z++)
        {
            prefetcher.Observe(context.KeyOf(row with { Kind = NodeKind.Block, Z = z }), caller, known);
        }

        BlockExistence[] settled = await settling.ConfigureAwait(false);
        prefetcher.Served(caller);
        return settled;
    }

    private async ValueTask<Errno> ListRowAsync(Listing listing, Node row, long first, Func<string, bool>? shows)
    {
        int count = (int)context.Tree.ChildCount(row);
        int batch = Math.Min(listing.Capacity, LargestBatch);
        bool any = listing.Offset < first;
        for (long z = Math.Max(0, listing.Offset - first); z < count; z += batch)
        {
            BlockExistence[] settled = await SettleAsync(listing, row, (int)z, (int)Math.Min(batch, count - z)).ConfigureAwait(false);
            for (int i = 0; i < settled.Length; i++)
            {
                if (settled[i] != BlockExistence.Missing)
                {
                    if (!Add(listing, row, z + i, settled[i], first, shows))
                    {
                        return Errno.OK;
                    }

                    any = true;
                }
            }

            if (any)
            {
                return Errno.OK; // the kernel comes back for the rest; an empty reply would mean the end
            }
        }

        return Errno.OK;
    }
}
