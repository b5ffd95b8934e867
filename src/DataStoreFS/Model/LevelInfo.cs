namespace DataStoreFS.Model;

/// <summary>The geometry of one resolution level of one setup.</summary>
public sealed class LevelInfo
{
    /// <param name="index">N in the path's <c>sN</c>.</param>
    /// <param name="factors">Down-scale factors against full resolution; the protocol addresses a level by them.</param>
    /// <param name="dimensions">Voxels of this level.</param>
    /// <param name="blockSize">Voxels of a full block; blocks at the far edges are clipped.</param>
    public LevelInfo(int index, Size3 factors, Size3 dimensions, Size3 blockSize)
    {
        Index = index;
        Factors = factors;
        Dimensions = dimensions;
        BlockSize = blockSize;
        Grid = new Size3(Blocks(dimensions.X, blockSize.X), Blocks(dimensions.Y, blockSize.Y), Blocks(dimensions.Z, blockSize.Z));
    }

    public int Index { get; }
    public Size3 Factors { get; }
    public Size3 Dimensions { get; }
    public Size3 BlockSize { get; }

    /// <summary>Blocks per axis: ceil(dimensions / block size).</summary>
    public Size3 Grid { get; }

    public bool Contains(long x, long y, long z) => (ulong)x < (ulong)Grid.X && (ulong)y < (ulong)Grid.Y && (ulong)z < (ulong)Grid.Z;

    /// <summary>Voxels of the block at a grid position inside the grid: the block size, clipped at the far edges.</summary>
    public Size3 SizeAt(int x, int y, int z) => new(
        Math.Min(BlockSize.X, Dimensions.X - (x * BlockSize.X)),
        Math.Min(BlockSize.Y, Dimensions.Y - (y * BlockSize.Y)),
        Math.Min(BlockSize.Z, Dimensions.Z - (z * BlockSize.Z)));

    private static long Blocks(long dimension, long block) => (dimension + block - 1) / block;
}
