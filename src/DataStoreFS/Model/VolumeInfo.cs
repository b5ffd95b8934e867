using System.Collections.Frozen;

namespace DataStoreFS.Model;

/// <summary>Everything that is known of one mounted (dataset, version) before the first voxel is read. Immutable.</summary>
public sealed class VolumeInfo
{
    /// <summary>This volume's number in the process: the first field of its <see cref="BlockKey"/>s.</summary>
    public required int Volume { get; init; }

    public required string Uuid { get; init; }

    /// <summary>What was asked for: <c>0</c>, <c>latest</c>, <c>mixedLatest</c>, <c>all</c>.</summary>
    public required string RequestedVersion { get; init; }

    /// <summary>What that came to: a number, <c>mixedLatest</c> or <c>all</c>.</summary>
    public required string ResolvedVersion { get; init; }

    /// <summary>True when writes may go to it: a numbered version (also by way of <c>latest</c> and <c>new</c>).</summary>
    public bool Writable => int.TryParse(ResolvedVersion, out _);

    /// <summary>All that is shown comes from numbered versions that are not the newest of the dataset.</summary>
    public bool IsUnchanging => NewestVersion is not null && !Setups.Any(MayChange);

    public required VoxelType VoxelType { get; init; }

    /// <summary>Full-resolution voxels of the first setup.</summary>
    public required Size3 Dimensions { get; init; }

    public required IReadOnlyList<double> VoxelSize { get; init; }
    public string? VoxelUnit { get; init; }

    /// <summary>Compression of the files on the server; of interest to <c>info</c> and <c>pull</c> only.</summary>
    public string? Compression { get; init; }

    public string? Label { get; init; }

    /// <summary>Ascending. May hold phantoms: numbers without an XML.</summary>
    public required IReadOnlyList<int> Versions { get; init; }

    /// <summary>The highest version that is known to have an XML, so that nobody writes to those below it; null when none is known.</summary>
    public int? NewestVersion { get; init; }

    /// <summary>Ascending; need not be contiguous.</summary>
    public required IReadOnlyList<int> TimepointIds { get; init; }

    /// <summary>Ascending by id.</summary>
    public required IReadOnlyList<SetupInfo> Setups { get; init; }

    /// <summary>Views (positions of setup and timepoint) that were never recorded: the server has no place for blocks of them.</summary>
    public IReadOnlySet<(int Setup, int Timepoint)> MissingViews { get; init; } = FrozenSet<(int Setup, int Timepoint)>.Empty;

    /// <summary>
    /// Whether the server can be asked for blocks of this view. Those of others are shown as missing, and can neither be fetched nor written: a
    /// request would get another setup's block, or an error for all blocks in it.
    /// </summary>
    /// <param name="setup">Position in <see cref="Setups"/>.</param>
    /// <param name="timepoint">Position in <see cref="TimepointIds"/>.</param>
    public bool IsAddressable(int setup, int timepoint) => Setups[setup].Addressable && !MissingViews.Contains((setup, timepoint));

    /// <summary>Whether there is a [1,1,1] level; without one, the server answers an error for blocks that it does not have.</summary>
    public bool HasFullResolution => Setups.Count == 0 || Setups[0].Levels.Any(level => level.Factors == new Size3(1, 1, 1));

    /// <summary>Whether blocks of this setup's version may be written by others.</summary>
    public bool MayChange(SetupInfo setup) => !(int.TryParse(setup.Version, out int version) && version < NewestVersion);

    public LevelInfo Level(in BlockKey key) => Setups[key.Setup].Levels[key.Level];
}
