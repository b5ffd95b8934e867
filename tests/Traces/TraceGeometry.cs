using DataStoreFS.Model;

namespace DataStoreFS.Traces;

/// <summary>The two datasets on which the traces were recorded: uint16, blocks of 64^3 (512 KiB), four levels.</summary>
public static class TraceGeometry
{
    private static readonly Size3 s_block = new(64, 64, 64);

    /// <summary>2 setups, 6 timepoints, 768 x 768 x 192.</summary>
    public static VolumeInfo Tree { get; } = Volume("tree", new Size3(768, 768, 192), 2, 6);

    /// <summary>1 view, 2048 x 2048 x 384: much larger than the screen.</summary>
    public static VolumeInfo BigTree { get; } = Volume("bigtree", new Size3(2048, 2048, 384), 1, 1);

    /// <summary>By the name of a trace's file.</summary>
    public static VolumeInfo Of(string trace) => Path.GetFileName(trace).StartsWith("big_", StringComparison.Ordinal) ? BigTree : Tree;

    private static VolumeInfo Volume(string uuid, Size3 size, int setups, int timepoints) => new()
    {
        Volume = 0,
        Uuid = uuid,
        RequestedVersion = "0",
        ResolvedVersion = "0",
        VoxelType = VoxelType.UInt16,
        Dimensions = size,
        VoxelSize = [0.5, 0.5, 1],
        VoxelUnit = "µm",
        Versions = [0],
        TimepointIds = [.. Enumerable.Range(0, timepoints)],
        Setups = [.. Enumerable.Range(0, setups).Select(setup => new SetupInfo
        {
            Index = setup,
            Id = setup,
            Name = $"channel {setup}",
            ChannelId = setup,
            AngleId = 0,
            Version = "0",
            Levels =
            [
                Level(0, size, new Size3(1, 1, 1)),
                Level(1, size, new Size3(2, 2, 1)),
                Level(2, size, new Size3(4, 4, 2)),
                Level(3, size, new Size3(8, 8, 4)),
            ],
        })],
    };

    private static LevelInfo Level(int index, Size3 size, Size3 factors) =>
        new(index, factors, new Size3(size.X / factors.X, size.Y / factors.Y, size.Z / factors.Z), s_block);
}
