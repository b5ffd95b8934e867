using DataStoreFS.Model;

namespace DataStoreFS.Transfer;

/// <summary>What is to be downloaded, and to where.</summary>
public sealed record PullRequest
{
    /// <summary>Names a dataset on the client's server.</summary>
    public required SourceAddress Source { get; init; }

    /// <summary>Gets <c>export.xml</c> and <c>export.n5</c>. Made if need be; otherwise empty, or of an earlier run of the same request.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// <c>raw</c>, <c>gzip</c>, <c>lz4</c>, <c>bzip2</c> or <c>xz</c>; null for the server's own, or gzip where it has none of these.
    /// </summary>
    public string? Compression { get; init; }

    /// <summary>Ids of the setups whose blocks are wanted; null for all. The others stay in the tree, without blocks.</summary>
    public IReadOnlySet<int>? Setups { get; init; }

    /// <summary>Timepoint ids, likewise.</summary>
    public IReadOnlySet<int>? Timepoints { get; init; }

    /// <summary>Levels, likewise.</summary>
    public IReadOnlySet<int>? Levels { get; init; }

    public TransferSettings Settings { get; init; } = new() { BatchBytes = 4L << 20 };
}

/// <summary>What a download came to.</summary>
/// <param name="XmlPath">The dataset's XML.</param>
/// <param name="Volume">What was downloaded.</param>
/// <param name="Resumed">Whether an earlier run had begun it.</param>
/// <param name="Blocks">Block files that there are now.</param>
/// <param name="Missing">Positions of the grids that were asked for and have no block on the server.</param>
/// <param name="Bytes">Voxels that this run received, unpacked.</param>
public sealed record PullResult(string XmlPath, VolumeInfo Volume, bool Resumed, long Blocks, long Missing, long Bytes);
