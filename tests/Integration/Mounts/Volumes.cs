using DataStoreFS.Model;

namespace Integration.Mounts;

/// <summary>Made-up volumes.</summary>
internal static class Volumes
{
    /// <summary>
    /// Two setups (ids 0 and 4), timepoints 3, 5, 9, two levels with clipped edges; the version is the newest, so that it may change.
    /// </summary>
    public static VolumeInfo Small(string version = "0", params int[] versions) => Make(
        version,
        versions.Length == 0 ? [0] : versions,
        [3, 5, 9],
        [0, 4],
        new LevelInfo(0, new Size3(1, 1, 1), new Size3(150, 130, 40), new Size3(64, 64, 16)),
        new LevelInfo(1, new Size3(2, 2, 1), new Size3(75, 65, 40), new Size3(64, 64, 16)));

    /// <summary>
    /// As the small one, with a further tile (id 7) of the first setup's channel and angle, and without the second setup's view at timepoint 3: the
    /// protocol has no address for either.
    /// </summary>
    public static VolumeInfo OutOfReach() => Make(
        "0", [0], [3, 5], [0, 4, 7], [new LevelInfo(0, new Size3(1, 1, 1), new Size3(150, 130, 40), new Size3(64, 64, 16))], channels: [0, 1, 0],
        missing: [(1, 0)]);

    /// <summary>One setup and timepoint, one block of <paramref name="bytes"/> voxels.</summary>
    public static VolumeInfo OneBlock(int bytes) => Make(
        "0", [0], [0], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(bytes, 1, 1), new Size3(bytes, 1, 1)), type: VoxelType.UInt8);

    public static VolumeInfo Make(
        string version,
        int[] versions,
        int[] timepoints,
        int[] setups,
        LevelInfo first,
        LevelInfo? second = null,
        VoxelType type = VoxelType.UInt16) =>
        Make(version, versions, timepoints, setups, second is null ? [first] : [first, second], type);

    public static VolumeInfo Make(
        string version,
        int[] versions,
        int[] timepoints,
        int[] setups,
        LevelInfo[] levels,
        VoxelType type = VoxelType.UInt16,
        int[]? channels = null,
        (int Setup, int Timepoint)[]? missing = null) =>
        new()
        {
            Volume = 0,
            Uuid = "scripted",
            RequestedVersion = version,
            ResolvedVersion = version,
            VoxelType = type,
            Dimensions = levels[0].Dimensions,
            VoxelSize = [0.5, 0.5, 1],
            Versions = versions,
            NewestVersion = versions.Max(),
            TimepointIds = timepoints,
            Setups = [.. setups.Select((id, i) => new SetupInfo
        {
            Index = i,
            Id = id,
            Name = $"channel {i}",
            ChannelId = channels?[i] ?? i,
            AngleId = 0,
            Version = version,
            Levels = levels,
        })],
            MissingViews = (missing ?? []).ToHashSet(),
        };
}
