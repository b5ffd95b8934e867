using DataStoreFS.Model;
using DataStoreFS.Tree;

namespace DataStoreFS.Tests.Tree;

/// <summary>Volumes for tests of names and numbers; files that are not blocks contain their own kind as text.</summary>
internal static class TestVolumes
{
    public static VolumeInfo Of(VoxelType type, int[] timepointIds, params (int Id, LevelInfo[] Levels)[] setups) => new()
    {
        Volume = 0,
        Uuid = "u",
        RequestedVersion = "0",
        ResolvedVersion = "0",
        VoxelType = type,
        Dimensions = setups[0].Levels[0].Dimensions,
        VoxelSize = [1, 1, 1],
        Versions = [0],
        TimepointIds = timepointIds,
        Setups = [.. setups.Select((s, i) => new SetupInfo
        {
            Index = i,
            Id = s.Id,
            Name = $"setup {s.Id}",
            ChannelId = i,
            AngleId = 0,
            Version = "0",
            Levels = s.Levels,
        })],
    };

    /// <summary>Two setups (ids 0 and 4), timepoints 3, 5, 9, three and two levels, clipped edges.</summary>
    public static VolumeInfo Small() => Of(
        VoxelType.UInt16,
        [3, 5, 9],
        (0, [Level(0, 150, 130, 40), Level(1, 75, 65, 40), Level(2, 37, 32, 20)]),
        (4, [Level(0, 150, 130, 40), Level(1, 75, 65, 40)]));

    public static LevelInfo Level(int index, long x, long y, long z, long block = 64) =>
        new(index, new Size3(1 << index, 1 << index, 1), new Size3(x, y, z), new Size3(block, block, Math.Max(1, block / 4)));

    public static VolumeInfo Random(Random random)
    {
        (int, LevelInfo[])[] setups = new (int, LevelInfo[])[random.Next(1, 6)];
        int id = 0;
        for (int s = 0; s < setups.Length; s++)
        {
            id += random.Next(1, 4);
            LevelInfo[] levels = new LevelInfo[random.Next(1, 5)];
            for (int l = 0; l < levels.Length; l++)
            {
                levels[l] = new LevelInfo(
                    l,
                    new Size3(1 + l, 1 + l, 1),
                    new Size3(random.Next(1, 200), random.Next(1, 200), random.Next(1, 50)),
                    new Size3(random.Next(1, 64), random.Next(1, 64), random.Next(1, 64)));
            }

            setups[s] = (id, levels);
        }

        int[] timepoints = [.. Enumerable.Range(0, random.Next(1, 8)).Select(t => (t * 3) + random.Next(3))];
        return Of((VoxelType)random.Next(10), timepoints, setups);
    }

    public static VolumeTree Tree(VolumeInfo volume) => new(volume, new KindFiles());

    private sealed class KindFiles : IVolumeFiles
    {
        public ReadOnlyMemory<byte> ContentOf(in Node node) => System.Text.Encoding.ASCII.GetBytes(node.Kind.ToString());
    }
}
