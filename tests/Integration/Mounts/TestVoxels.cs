using DataStoreFS.Model;
using DataStoreFS.N5;

namespace Integration.Mounts;

/// <summary>The content of test blocks: noise that is a function of the block's key and an edition.</summary>
internal static class TestVoxels
{
    public static void Fill(Span<byte> payload, in BlockKey key, int edition = 0) =>
        new Random((ImageSeed(key, edition) * 1009 * 1009 * 1009) + (key.X * 1009 * 1009) + (key.Y * 1009) + key.Z).NextBytes(payload);

    private static int ImageSeed(in BlockKey key, int edition) => (((((edition * 31) + key.Setup) * 31) + key.Timepoint) * 31) + key.Level;

    /// <summary>The block's file in the mounted tree: header, then voxels.</summary>
    public static byte[] FileOf(VolumeInfo volume, in BlockKey key, int edition = 0)
    {
        Size3 size = volume.Level(key).SizeAt(key.X, key.Y, key.Z);
        byte[] file = new byte[BlockBuffer.HeaderBytes + (size.Count * volume.VoxelType.Bytes())];
        N5Header.Write(file, size);
        Fill(file.AsSpan(BlockBuffer.HeaderBytes), key, edition);
        return file;
    }

    /// <summary>What a mount shows for a block that was never written.</summary>
    public static byte[] ZerosOf(VolumeInfo volume, in BlockKey key)
    {
        byte[] file = FileOf(volume, key);
        file.AsSpan(BlockBuffer.HeaderBytes).Clear();
        return file;
    }

    public static IEnumerable<BlockKey> AllBlocks(VolumeInfo volume) =>
        from setup in volume.Setups
        from timepoint in Enumerable.Range(0, volume.TimepointIds.Count)
        from level in setup.Levels
        from x in Enumerable.Range(0, (int)level.Grid.X)
        from y in Enumerable.Range(0, (int)level.Grid.Y)
        from z in Enumerable.Range(0, (int)level.Grid.Z)
        select new BlockKey(volume.Volume, setup.Index, timepoint, level.Index, x, y, z);
}
