using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.SpimData;

namespace DataStoreFS.Server.Storage;

/// <summary>A dataset to be created: what was posted, checked, and what follows from it.</summary>
internal sealed record DatasetPlan
{
    private static readonly double[] s_identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

    public required VoxelType VoxelType { get; init; }

    /// <summary>Of the files; an unknown posted name means raw.</summary>
    public required N5Compression Compression { get; init; }

    /// <summary>Ascending.</summary>
    public required IReadOnlyList<int> TimepointIds { get; init; }

    public required DatasetRecord Record { get; init; }

    /// <summary>Row-packed 3x4 per angle; null and missing entries are the identity.</summary>
    public IReadOnlyList<double[]?> Transformations { get; init; } = [];

    /// <summary>When not null: all registrations there are, in place of <see cref="Transformations"/>.</summary>
    public IReadOnlyList<PlannedRegistration>? Registrations { get; init; }

    public string? Label { get; init; }

    /// <summary>Geometry of the levels: floor(size / factor), at least 1, as the original makes them.</summary>
    public IReadOnlyList<LevelInfo> Levels => LevelsOf(Record);

    /// <summary>Setup ids count angles fastest.</summary>
    public IEnumerable<(int Setup, int Channel, int Angle)> Setups =>
        from channel in Enumerable.Range(0, Record.Channels)
        from angle in Enumerable.Range(0, Record.Angles)
        select ((channel * Record.Angles) + angle, channel, angle);

    public static IReadOnlyList<LevelInfo> LevelsOf(DatasetRecord record)
    {
        Size3 full = new(record.Dimensions[0], record.Dimensions[1], record.Dimensions[2]);
        return [.. record.Levels.Select((l, i) => new LevelInfo(
            i,
            l.Factors,
            new Size3(Math.Max(full.X / l.Factors.X, 1), Math.Max(full.Y / l.Factors.Y, 1), Math.Max(full.Z / l.Factors.Z, 1)),
            l.BlockSize))];
    }

    public SpimDocument Document() => new()
    {
        Setups = [.. Setups.Select(s => new SpimSetup
        {
            Id = s.Setup,
            Name = $"setup{s.Setup}",
            Size = string.Join(' ', Record.Dimensions),
            VoxelUnit = Record.VoxelUnit,
            VoxelSize = Record.VoxelResolution,
            Attributes = new Dictionary<string, int> { ["illumination"] = 0, ["channel"] = s.Channel, ["tile"] = 0, ["angle"] = s.Angle },
        })],
        Entities = new Dictionary<string, IReadOnlyList<SpimEntity>>
        {
            ["illumination"] = Entities(1),
            ["channel"] = Entities(Record.Channels),
            ["tile"] = Entities(1),
            ["angle"] = Entities(Record.Angles),
        },
        Timepoints = new SpimTimepoints(TimepointIds, null),
        Registrations = [.. (Registrations is null ? Default() : Posted()).OrderBy(r => r.Timepoint).ThenBy(r => r.Setup)],
    };

    private static List<SpimEntity> Entities(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new SpimEntity(i, i.ToString(CultureInfo.InvariantCulture), []))];

    private IEnumerable<SpimRegistration> Default() =>
        from timepoint in TimepointIds
        from setup in Setups
        let affine = Transformations.ElementAtOrDefault(setup.Angle) ?? s_identity
        select new SpimRegistration(timepoint, setup.Setup, [new SpimTransform(null, SpimNumber.Join(affine))]);

    private IEnumerable<SpimRegistration> Posted() => Registrations!.Select(r => new SpimRegistration(
        r.Timepoint, (r.Channel * Record.Angles) + r.Angle, [.. r.Transforms.Select(t => new SpimTransform(t.Name, SpimNumber.Join(t.Affine)))]));
}

/// <summary>One posted view registration.</summary>
internal sealed record PlannedRegistration(int Timepoint, int Channel, int Angle, IReadOnlyList<(string? Name, double[] Affine)> Transforms);
