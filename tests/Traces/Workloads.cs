using DataStoreFS.Model;

namespace DataStoreFS.Traces;

/// <summary>The orders in which the benchmark's client and other programs read a level.</summary>
public static class Workloads
{
    /// <summary>One level: 1024 x 1024 x 256 in blocks of 128 x 128 x 16 (512 KiB of uint16): a grid of 8 x 8 x 16.</summary>
    public static VolumeInfo Medium { get; } = OneLevel("medium", new Size3(1024, 1024, 256), new Size3(128, 128, 16));

    /// <summary>The same blocks, a grid of 32 x 32 x 32.</summary>
    public static VolumeInfo Large { get; } = OneLevel("large", new Size3(4096, 4096, 512), new Size3(128, 128, 16));

    /// <summary>Blocks of 32 x 32 x 32 (64 KiB), a grid of 32 x 32 x 32.</summary>
    public static VolumeInfo SmallBlocks { get; } = OneLevel("small", new Size3(1024, 1024, 1024), new Size3(32, 32, 32));

    /// <summary>Every block by sorted path, x outermost, one in twenty not there.</summary>
    public static IReadOnlyList<TraceBurst> Sequential(int count) => Once(All(0, 1, 2).Where((_, index) => index % 20 != 7).Take(count));

    /// <summary>The same by a program that thinks about each block for a while.</summary>
    public static IReadOnlyList<TraceBurst> Slow(int count) =>
        [.. Sequential(count)[0].Blocks.Select(block => new TraceBurst(TimeSpan.FromMilliseconds(100), [block]))];

    /// <summary>The same blocks in random order.</summary>
    public static IReadOnlyList<TraceBurst> Shuffled(int count, int seed = 1)
    {
        BlockKey[] blocks = [.. All(0, 1, 2).Where((_, index) => index % 20 != 7)];
        new Random(seed).Shuffle(blocks);
        return Once(blocks.Take(count));
    }

    /// <summary>Plane after plane along z, each in random order.</summary>
    public static IReadOnlyList<TraceBurst> Planes(int count) =>
        [.. Enumerable.Range(0, count).Select(z =>
        {
            BlockKey[] plane = [.. All(0, 1, 2).Where(block => block.Z == z)];
            new Random(z).Shuffle(plane);
            return new TraceBurst(TimeSpan.FromMilliseconds(3), plane);
        })];

    /// <summary>All blocks of <see cref="Medium"/>, the axes from the outermost to the innermost.</summary>
    public static IEnumerable<BlockKey> All(int outer, int middle, int inner)
    {
        Size3 grid = Medium.Setups[0].Levels[0].Grid;
        long[] at = new long[3];
        for (at[outer] = 0; at[outer] < grid[outer]; at[outer]++)
        {
            for (at[middle] = 0; at[middle] < grid[middle]; at[middle]++)
            {
                for (at[inner] = 0; at[inner] < grid[inner]; at[inner]++)
                {
                    yield return new BlockKey(0, 0, 0, 0, (int)at[0], (int)at[1], (int)at[2]);
                }
            }
        }
    }

    private static VolumeInfo OneLevel(string uuid, Size3 dimensions, Size3 block) => new()
    {
        Volume = 0,
        Uuid = uuid,
        RequestedVersion = "0",
        ResolvedVersion = "0",
        VoxelType = VoxelType.UInt16,
        Dimensions = dimensions,
        VoxelSize = [1, 1, 1],
        Versions = [0],
        TimepointIds = [0],
        Setups =
        [
            new SetupInfo
            {
                Index = 0,
                Id = 0,
                Name = "s",
                ChannelId = 0,
                AngleId = 0,
                Version = "0",
                Levels = [new LevelInfo(0, new Size3(1, 1, 1), dimensions, block)],
            },
        ],
    };

    private static IReadOnlyList<TraceBurst> Once(IEnumerable<BlockKey> blocks) => [new TraceBurst(TimeSpan.Zero, [.. blocks])];
}
