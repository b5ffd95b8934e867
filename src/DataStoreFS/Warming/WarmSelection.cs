using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Warming;

/// <summary>The blocks of a volume that a filter wants, in the order in which they are fetched: image by image, x fastest.</summary>
public sealed class WarmSelection
{
    private readonly VolumeInfo _volume;
    private readonly ImageFilter _filter;

    /// <exception cref="DataStoreException">Usage: the filter names what the volume does not have.</exception>
    public WarmSelection(VolumeInfo volume, ImageFilter filter, string name)
    {
        filter.RequireKnown(name, volume);
        _volume = volume;
        _filter = filter;
        decimal blocks = 0;
        decimal bytes = 0;
        foreach ((LevelInfo level, _) in Images())
        {
            blocks += level.Grid.Count;
            bytes += (decimal)level.Grid.Count * DiskTier.BytesOf(ImageBytes(level));
        }

        // Saturating: what does not fit into 64 bits fits into no cache either.
        Blocks = (long)Math.Min(blocks, long.MaxValue);
        DiskBytes = (long)Math.Min(bytes, long.MaxValue);
    }

    public long Blocks { get; }

    /// <summary>What they take on disk when none is missing, clipped edges counted as full blocks.</summary>
    public long DiskBytes { get; }

    /// <summary>Each block, with the bytes of a full one of its level.</summary>
    public IEnumerable<(BlockKey Key, long Bytes)> Keys()
    {
        foreach ((LevelInfo level, ImageKey image) in Images())
        {
            long bytes = ImageBytes(level);
            for (int z = 0; z < level.Grid.Z; z++)
            {
                for (int y = 0; y < level.Grid.Y; y++)
                {
                    for (int x = 0; x < level.Grid.X; x++)
                    {
                        yield return (image.At(x, y, z), bytes);
                    }
                }
            }
        }
    }

    // Views that the protocol has no address for have no blocks to fetch. The coarse levels first: they are few, and a viewer shows them first.
    private IEnumerable<(LevelInfo Level, ImageKey Image)> Images() =>
        from timepoint in Enumerable.Range(0, _volume.TimepointIds.Count)
        from setup in _volume.Setups
        where _volume.IsAddressable(setup.Index, timepoint)
        from level in Enumerable.Range(0, setup.Levels.Count).Reverse()
        where _filter.Wants(setup.Id, _volume.TimepointIds[timepoint], level)
        select (setup.Levels[level], new ImageKey(_volume.Volume, setup.Index, timepoint, level));

    private long ImageBytes(LevelInfo level) => BlockBuffer.HeaderBytes + (level.BlockSize.Count * _volume.VoxelType.Bytes());
}
