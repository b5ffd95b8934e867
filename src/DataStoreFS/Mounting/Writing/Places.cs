using System.Text;
using DataStoreFS.Tree;
using LinuxFuse;

namespace DataStoreFS.Mounting.Writing;

/// <summary>From the kernel's ids and names to places, for everything that can change.</summary>
internal sealed class Places(VolumeTree tree, OverlayNodes nodes)
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public bool TryResolve(ulong id, out Place place)
    {
        Node? at = !NodeIds.IsTableNode(id) && tree.TryResolve(id, out Node node) ? node : null;
        if (!nodes.TryFind(id, out string? path, out Node? block))
        {
            place = at is { } here ? new Place(id, here, tree.PathOf(here)) : default;
            return at is not null;
        }

        if (block is { } became)
        {
            place = new Place(id, became, tree.PathOf(became));
        }
        else
        {
            bool still = at is { } known && path == tree.PathOf(known);
            place = new Place(id, still ? at : null, path);
        }

        return true;
    }

    /// <summary>The block of that name, if the directory holds blocks and the name lies in its grid. No allocation, no file system call.</summary>
    public bool TryFindBlock(ulong parent, ReadOnlySpan<byte> name, out Node block)
    {
        block = default;
        return !NodeIds.IsTableNode(parent)
            && tree.TryResolve(parent, out Node directory)
            && directory.Kind == NodeKind.Row
            && tree.TryFind(directory, name, out block);
    }

    /// <summary>A number where blocks or their folders have numbers, but beyond the grid: such a file could never reach the server.</summary>
    public bool IsOutsideGrid(in Place parent, ReadOnlySpan<byte> name) =>
        parent.Node is { Kind: NodeKind.Level or NodeKind.Column or NodeKind.Row } directory
        && NodeNames.TryParseNumber(name, out _)
        && !tree.TryFind(directory, name, out _);

    /// <summary>The id that a name of the dataset's tree has; null for other names.</summary>
    public ulong? IdOf(in Place parent, ReadOnlySpan<byte> name) =>
        parent.Node is { } directory && tree.TryFind(directory, name, out Node node) ? tree.IdOf(node) : null;

    /// <summary>Whether the dataset's own tree has that name there: a block of the grid counts, written or not.</summary>
    public bool Has(in Node directory, ReadOnlySpan<byte> name) => directory.Kind == NodeKind.Row && tree.TryFind(directory, name, out _);

    /// <summary>The overlay keeps names as text; Linux lets them be any bytes.</summary>
    public static bool TryText(ReadOnlySpan<byte> name, out string text, out Errno error)
    {
        try
        {
            text = s_strict.GetString(name);
            error = Errno.OK;
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = string.Empty;
            error = Errno.EILSEQ;
            return false;
        }
    }
}
