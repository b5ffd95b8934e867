namespace DataStoreFS.Model;

/// <summary>
/// What the server's JSON says of a dataset, checked. It has counts of channels and angles only; their ids, the transforms and the missing views
/// are in the XML.
/// </summary>
public sealed record DatasetDescription
{
    /// <summary>Null from old servers, which leave it out.</summary>
    public string? Uuid { get; init; }

    public required VoxelType VoxelType { get; init; }

    /// <summary>Full-resolution voxels.</summary>
    public required Size3 Dimensions { get; init; }

    /// <summary>Ascending, without repeats; <c>0..timepoints-1</c> where an old server names no ids.</summary>
    public required IReadOnlyList<int> TimepointIds { get; init; }

    /// <summary>May be 0: then the dataset has no setups.</summary>
    public required int Channels { get; init; }

    public required int Angles { get; init; }
    public string? VoxelUnit { get; init; }

    /// <summary>Three positive, finite sizes in <see cref="VoxelUnit"/>; 1 where the server gives none, or one that cannot be.</summary>
    public required IReadOnlyList<double> VoxelSize { get; init; }

    public ResolutionValue? TimepointResolution { get; init; }
    public ResolutionValue? ChannelResolution { get; init; }
    public ResolutionValue? AngleResolution { get; init; }

    /// <summary>As it was once posted, even if the server knows no such compression.</summary>
    public string? Compression { get; init; }

    /// <summary>At least one; position is the N in <c>sN</c>.</summary>
    public required IReadOnlyList<DescribedLevel> Levels { get; init; }

    /// <summary>Ascending, without repeats. May hold phantoms: numbers without an XML.</summary>
    public required IReadOnlyList<int> Versions { get; init; }

    public string? Label { get; init; }

    /// <summary><c>ZARR</c> or <c>N5</c> on servers that know both, otherwise null.</summary>
    public string? DatasetType { get; init; }

    /// <summary>What cannot be and was replaced, for a log; null when nothing was.</summary>
    public string? Doubt { get; init; }

    /// <exception cref="DataStoreException">Protocol: what in the text is missing or cannot be.</exception>
    public static DatasetDescription Parse(string json) => DatasetDescriptionReader.Read(json);
}

/// <summary>A level as the JSON has it: no dimensions, since those depend on how its writer rounded.</summary>
/// <param name="Factors">Down-scale factors.</param>
/// <param name="BlockSize">Voxels of a full block.</param>
public readonly record struct DescribedLevel(Size3 Factors, Size3 BlockSize);

/// <summary>A distance between timepoints, channels or angles; for display only.</summary>
public sealed record ResolutionValue(double Value, string? Unit);
