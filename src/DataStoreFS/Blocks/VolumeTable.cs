using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Blocks;

/// <summary>The volumes of a store by number. Read without a lock, on every access to a block.</summary>
internal sealed class VolumeTable
{
    private readonly Lock _gate = new();
    private volatile Volume?[] _volumes = [];

    /// <summary>By number; null where none was added.</summary>
    public IReadOnlyList<Volume?> All => _volumes;

    /// <exception cref="ArgumentException">The key's volume was not added.</exception>
    public Volume Of(in BlockKey key)
    {
        Volume?[] volumes = _volumes;
        return (uint)key.Volume < (uint)volumes.Length && volumes[key.Volume] is { } volume
            ? volume
            : throw new ArgumentException($"volume {key.Volume} was not added", nameof(key));
    }

    /// <exception cref="DataStoreException">Protocol: a level's block is larger than a file of this tree can be.</exception>
    public void Add(Volume volume)
    {
        foreach (SetupInfo setup in volume.Info.Setups)
        {
            foreach (LevelInfo level in setup.Levels)
            {
                RequireSize(volume.Info, level);
            }
        }

        lock (_gate)
        {
            Volume?[] volumes = new Volume?[Math.Max(_volumes.Length, volume.Info.Volume + 1)];
            _volumes.CopyTo(volumes, 0);
            volumes[volume.Info.Volume] = volume;
            _volumes = volumes;
        }
    }

    private static void RequireSize(VolumeInfo info, LevelInfo level)
    {
        Size3 size = level.BlockSize;
        UInt128 bytes = (UInt128)(ulong)size.X * (ulong)size.Y * (ulong)size.Z * (ulong)info.VoxelType.Bytes();
        if (size.X <= 0 || size.Y <= 0 || size.Z <= 0 || bytes > int.MaxValue - BlockBuffer.HeaderBytes - 4096)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Protocol, $"dataset {info.Uuid}: blocks of {size} voxels at level {level.Index} are empty or larger than 2 GiB");
        }
    }
}
