using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Tree;

/// <summary>
/// The names of a volume's tree and what lies under them: pure arithmetic over <see cref="VolumeInfo"/>, no memory per node, no network.
/// Immutable, so any thread may ask.
/// </summary>
public sealed class VolumeTree
{
    private readonly IVolumeFiles _files;
    private readonly string _prefix;

    /// <param name="volume">What is shown.</param>
    /// <param name="files">The contents of export.xml and the attributes.</param>
    /// <param name="firstId">The id of the volume's top directory.</param>
    /// <param name="prefix">Where the top directory is below the mount point, for messages.</param>
    public VolumeTree(VolumeInfo volume, IVolumeFiles files, ulong firstId = NodeIds.Root, string prefix = "")
    {
        _prefix = prefix;
        Volume = volume;
        Codec = new NodeCodec(volume);
        FirstId = firstId;
        _files = files;
    }

    public VolumeInfo Volume { get; }
    public NodeCodec Codec { get; }
    public ulong FirstId { get; }

    public ulong IdOf(in Node node) => FirstId + Codec.Encode(node);

    public bool TryResolve(ulong id, out Node node) => Codec.TryDecode(id - FirstId, out node);

    public LevelInfo LevelOf(in Node node) => Volume.Setups[node.Setup].Levels[node.Level];

    /// <summary>The child of that name; a block inside the grid is always found, whether or not it was ever written.</summary>
    public bool TryFind(in Node parent, ReadOnlySpan<byte> name, out Node child)
    {
        int index;
        switch (parent.Kind)
        {
            case NodeKind.Top:
                child = new Node(name.SequenceEqual(NodeNames.ExportXml) ? NodeKind.ExportXml : NodeKind.Container);
                return child.Kind == NodeKind.ExportXml || name.SequenceEqual(NodeNames.Container);
            case NodeKind.Container:
                child = new Node(NodeKind.ContainerAttributes);
                return name.SequenceEqual(NodeNames.Attributes)
                    || (TryIndexOfSetup(name, out index) && Found(new Node(NodeKind.Setup, index), out child));
            case NodeKind.Setup:
                child = parent with { Kind = NodeKind.SetupAttributes };
                return name.SequenceEqual(NodeNames.Attributes)
                    || (TryIndexOfTimepoint(name, out index) && Found(parent with { Kind = NodeKind.Timepoint, Timepoint = index }, out child));
            case NodeKind.Timepoint:
                child = parent with { Kind = NodeKind.TimepointAttributes };
                return name.SequenceEqual(NodeNames.Attributes)
                    || (TryIndexOfLevel(parent.Setup, name, out index) && Found(parent with { Kind = NodeKind.Level, Level = index }, out child));
            case NodeKind.Level:
                child = parent with { Kind = NodeKind.LevelAttributes };
                return name.SequenceEqual(NodeNames.Attributes)
                    || (
                        TryIndexInGrid(name, LevelOf(parent).Grid.X, out index)
                            && Found(parent with { Kind = NodeKind.Column, X = index }, out child));
            case NodeKind.Column:
                return TryIndexInGrid(name, LevelOf(parent).Grid.Y, out index) & Found(parent with { Kind = NodeKind.Row, Y = index }, out child);
            case NodeKind.Row:
                return TryIndexInGrid(name, LevelOf(parent).Grid.Z, out index) & Found(parent with { Kind = NodeKind.Block, Z = index }, out child);
            default:
                child = default;
                return false;
        }
    }

    /// <summary>Entries of a directory, without <c>.</c> and <c>..</c>.</summary>
    public long ChildCount(in Node parent) => parent.Kind switch
    {
        NodeKind.Top => 2,
        NodeKind.Container => 1 + Volume.Setups.Count,
        NodeKind.Setup => 1 + Volume.TimepointIds.Count,
        NodeKind.Timepoint => 1 + Volume.Setups[parent.Setup].Levels.Count,
        NodeKind.Level => 1 + LevelOf(parent).Grid.X,
        NodeKind.Column => LevelOf(parent).Grid.Y,
        NodeKind.Row => LevelOf(parent).Grid.Z,
        _ => 0,
    };

    /// <summary>The <paramref name="index"/>-th child, attributes first: a listing can be resumed anywhere.</summary>
    public Node ChildAt(in Node parent, long index) => (parent.Kind, index) switch
    {
        (NodeKind.Top, 0) => new Node(NodeKind.ExportXml),
        (NodeKind.Top, _) => new Node(NodeKind.Container),
        (NodeKind.Container, 0) => new Node(NodeKind.ContainerAttributes),
        (NodeKind.Container, _) => new Node(NodeKind.Setup, (int)index - 1),
        (NodeKind.Setup, 0) => parent with { Kind = NodeKind.SetupAttributes },
        (NodeKind.Setup, _) => parent with { Kind = NodeKind.Timepoint, Timepoint = (int)index - 1 },
        (NodeKind.Timepoint, 0) => parent with { Kind = NodeKind.TimepointAttributes },
        (NodeKind.Timepoint, _) => parent with { Kind = NodeKind.Level, Level = (int)index - 1 },
        (NodeKind.Level, 0) => parent with { Kind = NodeKind.LevelAttributes },
        (NodeKind.Level, _) => parent with { Kind = NodeKind.Column, X = (int)index - 1 },
        (NodeKind.Column, _) => parent with { Kind = NodeKind.Row, Y = (int)index },
        (NodeKind.Row, _) => parent with { Kind = NodeKind.Block, Z = (int)index },
        _ => throw new ArgumentOutOfRangeException(nameof(parent), parent.Kind, "not a directory"),
    };

    /// <param name="node">Any but the top, which has no name of its own.</param>
    /// <param name="to">At least <see cref="NodeNames.MaximumLength"/> bytes.</param>
    /// <returns>The length of the name.</returns>
    public int WriteName(in Node node, Span<byte> to)
    {
        switch (node.Kind)
        {
            case NodeKind.ExportXml:
                NodeNames.ExportXml.CopyTo(to);
                return NodeNames.ExportXml.Length;
            case NodeKind.Container:
                NodeNames.Container.CopyTo(to);
                return NodeNames.Container.Length;
            case NodeKind.Setup:
                return NodeNames.Write(to, NodeNames.SetupPrefix, Volume.Setups[node.Setup].Id);
            case NodeKind.Timepoint:
                return NodeNames.Write(to, NodeNames.TimepointPrefix, Volume.TimepointIds[node.Timepoint]);
            case NodeKind.Level:
                return NodeNames.Write(to, NodeNames.LevelPrefix, LevelOf(node).Index);
            case NodeKind.Column:
                return NodeNames.Write(to, [], node.X);
            case NodeKind.Row:
                return NodeNames.Write(to, [], node.Y);
            case NodeKind.Block:
                return NodeNames.Write(to, [], node.Z);
            case NodeKind.Top:
                return 0;
            default:
                NodeNames.Attributes.CopyTo(to);
                return NodeNames.Attributes.Length;
        }
    }

    /// <summary>Where it is below the mount point, for messages: <c>export.n5/setup0/timepoint3/s0/5/2/7</c>.</summary>
    public string PathOf(in Node node)
    {
        Span<byte> name = stackalloc byte[NodeNames.MaximumLength];
        string path = string.Empty;
        for (Node at = node; at.Kind != NodeKind.Top; at = at.Parent)
        {
            string step = Encoding.ASCII.GetString(name[..WriteName(at, name)]);
            path = path.Length == 0 ? step : $"{step}/{path}";
        }

        return _prefix.Length == 0 ? path : path.Length == 0 ? _prefix : $"{_prefix}/{path}";
    }

    /// <summary>Bytes of a file, exactly: readers allocate st_size and read once without looking at the count.</summary>
    public long SizeOf(in Node node) => node.IsDirectory ? 0
        : node.Kind == NodeKind.Block ? BlockBuffer.HeaderBytes + (LevelOf(node).SizeAt(node.X, node.Y, node.Z).Count * Volume.VoxelType.Bytes())
        : ContentOf(node).Length;

    /// <summary>The bytes of a file that is not a block.</summary>
    public ReadOnlyMemory<byte> ContentOf(in Node node) => _files.ContentOf(node);

    /// <summary>The link count a local file system would show: for a directory 2 and one for each directory in it.</summary>
    public long LinksOf(in Node node)
    {
        if (!node.IsDirectory)
        {
            return 1;
        }

        long files = node.Kind switch
        {
            NodeKind.Top or NodeKind.Container or NodeKind.Setup or NodeKind.Timepoint or NodeKind.Level => 1,
            NodeKind.Row => ChildCount(node),
            _ => 0,
        };
        return 2 + ChildCount(node) - files;
    }

    private static bool Found(in Node node, out Node child)
    {
        child = node;
        return true;
    }

    private static bool TryIndexInGrid(ReadOnlySpan<byte> name, long count, out int index) =>
        NodeNames.TryParseNumber(name, out index) && index < count;

    private bool TryIndexOfSetup(ReadOnlySpan<byte> name, out int index)
    {
        index = -1;
        if (NodeNames.TryParseNumber(name, NodeNames.SetupPrefix, out int id))
        {
            index = BinarySearch(Volume.Setups, static (setups, i) => setups[i].Id, Volume.Setups.Count, id);
        }

        return index >= 0;
    }

    private bool TryIndexOfTimepoint(ReadOnlySpan<byte> name, out int index)
    {
        index = -1;
        if (NodeNames.TryParseNumber(name, NodeNames.TimepointPrefix, out int id))
        {
            index = BinarySearch(Volume.TimepointIds, static (ids, i) => ids[i], Volume.TimepointIds.Count, id);
        }

        return index >= 0;
    }

    private bool TryIndexOfLevel(int setup, ReadOnlySpan<byte> name, out int index)
    {
        index = -1;
        IReadOnlyList<LevelInfo> levels = Volume.Setups[setup].Levels;
        if (NodeNames.TryParseNumber(name, NodeNames.LevelPrefix, out int number))
        {
            index = BinarySearch(levels, static (l, i) => l[i].Index, levels.Count, number);
        }

        return index >= 0;
    }

    private static int BinarySearch<T>(T items, Func<T, int, int> idAt, int count, int id)
    {
        int low = 0;
        int high = count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int found = idAt(items, middle);
            if (found == id)
            {
                return middle;
            }

            if (found < id)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }
}
