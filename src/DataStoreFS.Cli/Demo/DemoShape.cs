using DataStoreFS.Model;

namespace DataStoreFS.Cli.Demo;

/// <summary>The geometry of the demonstration dataset: small enough to make in seconds, odd enough that no size divides evenly.</summary>
internal static class DemoShape
{
    public const string Uuid = "de300000-0000-4000-8000-000000000001";
    public const string Unit = "um";
    public const int Channels = 2;
    public const int Timepoints = 6;

    /// <summary>Full-resolution voxels.</summary>
    public static readonly Size3 Dimensions = new(330, 270, 41);

    /// <summary>Micrometres per voxel: thicker in z, as light microscopes see.</summary>
    public static readonly float[] VoxelSize = [0.4f, 0.4f, 1.6f];

    public static readonly IReadOnlyList<LevelInfo> Levels =
    [
        Level(0, new Size3(1, 1, 1), new Size3(64, 64, 16)),
        Level(1, new Size3(2, 2, 1), new Size3(64, 64, 16)),
        Level(2, new Size3(4, 4, 2), new Size3(32, 32, 16)),
    ];

    // floor(size / factor), at least 1: as the server makes its levels.
    private static LevelInfo Level(int index, Size3 factors, Size3 block)
    {
        var dimensions = new Size3(
            Math.Max(Dimensions.X / factors.X, 1), Math.Max(Dimensions.Y / factors.Y, 1), Math.Max(Dimensions.Z / factors.Z, 1));
        return new LevelInfo(index, factors, dimensions, block);
    }
}
