using DataStoreFS.Model;

namespace DataStoreFS.Cli.Info;

/// <summary>
/// How large a dataset is when nothing is compressed and no block is missing; what the server stores is usually less, and it does not tell.
/// </summary>
internal static class DatasetBytes
{
    /// <summary>All levels, setups and timepoints, without block headers. Saturates instead of overflowing.</summary>
    public static long Of(VolumeInfo volume)
    {
        decimal voxels = volume.Setups.Sum(setup => setup.Levels.Sum(level => (decimal)level.Dimensions.Count)) * volume.TimepointIds.Count;
        return (long)Math.Min(voxels * volume.VoxelType.Bytes(), long.MaxValue);
    }

    public static long Blocks(VolumeInfo volume)
    {
        decimal blocks = volume.Setups.Sum(setup => setup.Levels.Sum(level => (decimal)level.Grid.Count)) * volume.TimepointIds.Count;
        return (long)Math.Min(blocks, long.MaxValue);
    }
}
