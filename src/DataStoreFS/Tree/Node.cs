using DataStoreFS.Model;

namespace DataStoreFS.Tree;

/// <summary>What a node of a volume's tree is; the comment is its place in the path.</summary>
public enum NodeKind : byte
{
    /// <summary>The volume's top directory.</summary>
    Top,

    /// <summary>export.xml</summary>
    ExportXml,

    /// <summary>export.n5</summary>
    Container,

    /// <summary>export.n5/attributes.json</summary>
    ContainerAttributes,

    /// <summary>export.n5/setup0</summary>
    Setup,

    /// <summary>export.n5/setup0/attributes.json</summary>
    SetupAttributes,

    /// <summary>export.n5/setup0/timepoint3</summary>
    Timepoint,

    /// <summary>export.n5/setup0/timepoint3/attributes.json</summary>
    TimepointAttributes,

    /// <summary>export.n5/setup0/timepoint3/s0</summary>
    Level,

    /// <summary>export.n5/setup0/timepoint3/s0/attributes.json</summary>
    LevelAttributes,

    /// <summary>export.n5/setup0/timepoint3/s0/5: all blocks with x = 5</summary>
    Column,

    /// <summary>export.n5/setup0/timepoint3/s0/5/2: all blocks with x = 5, y = 2</summary>
    Row,

    /// <summary>export.n5/setup0/timepoint3/s0/5/2/7</summary>
    Block,
}

/// <summary>One node of a volume's tree. Setup, timepoint and level are indexes, not ids; fields that a kind does not need are 0.</summary>
public readonly record struct Node(NodeKind Kind, int Setup = 0, int Timepoint = 0, int Level = 0, int X = 0, int Y = 0, int Z = 0)
{
    public bool IsDirectory => Kind is NodeKind.Top or NodeKind.Container or NodeKind.Setup or NodeKind.Timepoint
        or NodeKind.Level or NodeKind.Column or NodeKind.Row;

    /// <summary>For <see cref="NodeKind.Block"/>.</summary>
    public BlockKey KeyIn(int volume) => new(volume, Setup, Timepoint, Level, X, Y, Z);

    public static Node Of(in BlockKey key) => new(NodeKind.Block, key.Setup, key.Timepoint, key.Level, key.X, key.Y, key.Z);

    /// <summary>The directory that it lies in; the top is its own.</summary>
    public Node Parent => Kind switch
    {
        NodeKind.ContainerAttributes or NodeKind.Setup => new Node(NodeKind.Container),
        NodeKind.SetupAttributes or NodeKind.Timepoint => new Node(NodeKind.Setup, Setup),
        NodeKind.TimepointAttributes or NodeKind.Level => new Node(NodeKind.Timepoint, Setup, Timepoint),
        NodeKind.LevelAttributes or NodeKind.Column => new Node(NodeKind.Level, Setup, Timepoint, Level),
        NodeKind.Row => new Node(NodeKind.Column, Setup, Timepoint, Level, X),
        NodeKind.Block => new Node(NodeKind.Row, Setup, Timepoint, Level, X, Y),
        _ => new Node(NodeKind.Top),
    };
}
