using DataStoreFS.Model;

namespace DataStoreFS.Cli.Demo;

/// <summary>A dense 16-bit image in memory, x fastest.</summary>
internal sealed class DemoVolume(Size3 size)
{
    public Size3 Size { get; } = size;

    public ushort[] Voxels { get; } = new ushort[size.Count];

    public Span<ushort> Row(long y, long z) => Voxels.AsSpan((int)(((z * Size.Y) + y) * Size.X), (int)Size.X);

    /// <summary>The mean over boxes of <paramref name="factors"/> voxels; what does not fill a box is left out.</summary>
    public DemoVolume Shrink(Size3 factors, Size3 size)
    {
        var small = new DemoVolume(size);
        uint box = (uint)factors.Count;
        for (long z = 0; z < size.Z; z++)
        {
            for (long y = 0; y < size.Y; y++)
            {
                Span<ushort> row = small.Row(y, z);
                for (int x = 0; x < row.Length; x++)
                {
                    row[x] = (ushort)((Sum(x, y, z, factors) + (box / 2)) / box);
                }
            }
        }

        return small;
    }

    private uint Sum(long x, long y, long z, Size3 factors)
    {
        uint sum = 0;
        for (long dz = 0; dz < factors.Z; dz++)
        {
            for (long dy = 0; dy < factors.Y; dy++)
            {
                ReadOnlySpan<ushort> run = Row((y * factors.Y) + dy, (z * factors.Z) + dz).Slice((int)(x * factors.X), (int)factors.X);
                foreach (ushort voxel in run)
                {
                    sum += voxel;
                }
            }
        }

        return sum;
    }
}
