using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Writing;

/// <summary>What a user may ask of a running mount's overlay: what is in it, how that differs from the dataset, and to throw it away.</summary>
internal sealed class OverlayUpkeep(TreeContext context, OverlayStore overlay, OverlayLower lower, OverlayNodes nodes, ILogger logger)
{
    private FuseNotifier? _notifier;

    public void Attach(FuseNotifier notifier) => _notifier = notifier;

    /// <summary><see cref="OverlayLines"/> as JSON.</summary>
    /// <param name="paths">Relative to the tree's top; none: everything.</param>
    /// <exception cref="DataStoreException">Refused: nothing is there.</exception>
    public string List(IReadOnlyList<string> paths) =>
        new OverlayLines(overlay.Folder, [.. Find(paths).Select(item => OverlayLine.Of(item, lower))]).ToJson();

    /// <summary>The differences as text; else as <see cref="List"/>.</summary>
    public string Diff(IReadOnlyList<string> paths) => OverlayDiff.Write(overlay, lower, Find(paths));

    /// <summary>Throws away what lies at the paths; programs see the dataset's own files when this has returned.</summary>
    /// <returns>How many changes that were.</returns>
    /// <exception cref="DataStoreException">Refused: nothing is there, or a program has it open; nothing was thrown away. Local: the disk's own
    /// error.</exception>
    public async Task<string> DiscardAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        List<OverlayItem> items = Find(paths);
        List<ulong> borrowed = [.. nodes.Borrowed().Where(id =>
            context.Tree.TryResolve(id, out Node node) && paths.Any(path => OverlayReport.IsBelow(context.Tree.PathOf(node), path)))];
        RequireClosed(items, borrowed);
        Staleness stale = new(context.Tree, overlay, lower, nodes);
        foreach (OverlayItem item in items)
        {
            stale.Add(item);
        }

        try
        {
            Discard(paths);
        }
        finally
        {
            // The store first, then the kernel: a lookup that comes in between must not bring old content back.
            foreach (string copy in borrowed.SelectMany(nodes.TakeBack))
            {
                stale.AddName(copy);
            }

            Forget(items);
            stale.Announce(_notifier);
        }

        if (_notifier is not null)
        {
            await _notifier.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        logger.LogInformation("{Count} changes were discarded from the overlay in {Folder}", items.Count, overlay.Folder);
        return items.Count.ToString(CultureInfo.InvariantCulture);
    }

    private List<OverlayItem> Find(IReadOnlyList<string> paths)
    {
        try
        {
            List<OverlayItem> items = [.. paths.Count == 0 ? OverlayReport.Items(overlay, lower) : OverlayReport.Items(overlay, lower, paths)];
            string? nothing = paths.FirstOrDefault(path => path.Length > 0 && !items.Exists(item => OverlayReport.IsBelow(item.Path, path)));
            return nothing is null ? items : throw new DataStoreException(
                DataStoreErrorKind.Refused, $"the overlay has no change at {nothing}; 'datastorefs overlay list' shows what it has");
        }
        catch (IOException fault)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, fault.Message, fault);
        }
    }

    /// <summary>An open copy and the dataset's file that shows again would share the kernel's pages.</summary>
    private void RequireClosed(List<OverlayItem> items, List<ulong> borrowed)
    {
        foreach (OverlayItem item in items)
        {
            if (item.Difference != OverlayDifference.Removed && nodes.FindOpen(nodes.IdOf(item.Stat.Inode)) is not null)
            {
                throw new DataStoreException(
                    DataStoreErrorKind.Refused, $"{item.Path} is open in a program; nothing was discarded; end the program and try again");
            }
        }

        foreach (ulong id in borrowed)
        {
            if (nodes.FindOpen(id) is not null && context.Tree.TryResolve(id, out Node node))
            {
                throw new DataStoreException(
                    DataStoreErrorKind.Refused,
                    $"a copy of {context.Tree.PathOf(node)} is open in a program; nothing was discarded; end the program and try again");
            }
        }
    }

    private void Discard(IReadOnlyList<string> paths)
    {
        foreach (string path in paths)
        {
            int error = overlay.Discard(path);
            if (error is not (PosixErrno.None or PosixErrno.ENOENT or PosixErrno.ENOTDIR))
            {
                throw new DataStoreException(
                    DataStoreErrorKind.Local,
                    $"{path} cannot be discarded from {overlay.Folder}: {(Errno)error}; 'datastorefs overlay list' shows what is left");
            }
        }
    }

    private void Forget(List<OverlayItem> items)
    {
        Dictionary<ulong, ulong> names = [];
        foreach (OverlayItem item in items.Where(i => i.Difference != OverlayDifference.Removed))
        {
            names[item.Stat.Inode] = names.GetValueOrDefault(item.Stat.Inode) + 1;
        }

        foreach (OverlayItem item in items.Where(i => i.Difference != OverlayDifference.Removed))
        {
            if (overlay.Find(item.Path, out OverlayKind kind, out OverlayStat now) == 0 && kind == OverlayKind.Upper && now.Inode == item.Stat.Inode)
            {
                continue; // it could not be discarded
            }

            nodes.Removed(item.Stat.Inode, item.Path, item.Stat.IsFolder || names[item.Stat.Inode] >= item.Stat.Links);
        }
    }
}
