using DataStoreFS.Model;
using DataStoreFS.Server.SpimData;

namespace DataStoreFS.Server.Storage;

/// <summary>What the original keeps of a dataset in its data base: the parts of the JSON that the folder does not hold, or not verbatim.</summary>
internal sealed record DatasetRecord
{
    /// <summary>In the case in which it was posted.</summary>
    public required string VoxelType { get; init; }

    public required IReadOnlyList<long> Dimensions { get; init; }

    /// <summary>What was posted; need not be the number of ids.</summary>
    public required int Timepoints { get; init; }

    public required int Channels { get; init; }
    public required int Angles { get; init; }
    public string? VoxelUnit { get; init; }
    public required IReadOnlyList<double> VoxelResolution { get; init; }
    public Resolution? TimepointResolution { get; init; }
    public Resolution? ChannelResolution { get; init; }
    public Resolution? AngleResolution { get; init; }

    /// <summary>Verbatim, even where the files are raw because nobody knows that name.</summary>
    public required string Compression { get; init; }

    /// <summary>In level order.</summary>
    public required IReadOnlyList<LevelRecord> Levels { get; init; }

    public string CommonMetadata { get; init; } = string.Empty;

    /// <summary>Derives the record from the files, as the original does when an existing directory is registered.</summary>
    /// <exception cref="InvalidDataException">The lowest version has no setup, timepoint or level.</exception>
    public static DatasetRecord FromFolder(DatasetFolder folder)
    {
        int version = folder.Versions.Count > 0 ? folder.Versions[0] : throw new InvalidDataException("it has no numbered version");
        SpimDocument document = folder.Document(version);
        if (document.Setups.Count == 0 || document.Timepoints.Ids.Count == 0)
        {
            throw new InvalidDataException("its export.xml has no setup or no timepoint");
        }

        SpimSetup setup = document.Setups[0];
        IReadOnlyList<LevelFolder> levels = folder.Levels(version, setup.Id, document.Timepoints.Ids[0]).All();
        if (levels.Count == 0)
        {
            throw new InvalidDataException($"its export.n5 has no level for setup {setup.Id} and timepoint {document.Timepoints.Ids[0]}");
        }

        LevelFolder full = levels[0];
        return new DatasetRecord
        {
            VoxelType = full.VoxelType.Name(),
            Dimensions = [full.Info.Dimensions.X, full.Info.Dimensions.Y, full.Info.Dimensions.Z],
            Timepoints = document.Timepoints.Ids.Count,
            Channels = document.CountOf("channel"),
            Angles = document.CountOf("angle"),
            VoxelUnit = setup.VoxelUnit,
            VoxelResolution = setup.VoxelSize ?? [1, 1, 1],
            Compression = full.Compression.Name,
            Levels = [.. levels.Select(l => new LevelRecord(l.Info.Factors, l.Info.BlockSize))],
        };
    }
}

/// <summary>One entry of <c>resolutionLevels</c>.</summary>
internal sealed record LevelRecord(Size3 Factors, Size3 BlockSize);

/// <summary>The distance between two time points, channels or angles; without any function in the original but to be echoed.</summary>
internal sealed record Resolution(double Value, string? Unit);
