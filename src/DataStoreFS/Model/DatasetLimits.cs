namespace DataStoreFS.Model;

/// <summary>
/// What is believed of a server or file before memory is taken for it. Far beyond what microscopes make, far below what breaks the arithmetic
/// of block sizes and node ids.
/// </summary>
public static class DatasetLimits
{
    public const int MostLevels = 32;
    public const int MostTimepoints = 1_000_000;
    public const int MostSetups = 100_000;
    public const int MostVersions = 100_000;

    /// <summary>Bytes of one block's voxels.</summary>
    public const long LargestBlock = 1L << 30;

    /// <exception cref="DataStoreException">Of <paramref name="kind"/>: an axis is below 1, or the block too large.</exception>
    public static void RequireBlock(Size3 blockSize, VoxelType type, DataStoreErrorKind kind)
    {
        RequireAxes(blockSize, "block size", kind);
        if ((Int128)blockSize.X * blockSize.Y * blockSize.Z * type.Bytes() > LargestBlock)
        {
            throw new DataStoreException(kind, $"a block of {blockSize} voxels is larger than the {LargestBlock >> 20} MiB that are supported");
        }
    }

    /// <exception cref="DataStoreException">Of <paramref name="kind"/>: an axis is not a positive int, or the image too large to count its
    /// bytes.</exception>
    public static void RequireImage(Size3 dimensions, VoxelType type, DataStoreErrorKind kind)
    {
        RequireAxes(dimensions, "image size", kind);
        if ((Int128)dimensions.X * dimensions.Y * dimensions.Z * type.Bytes() > long.MaxValue)
        {
            throw new DataStoreException(kind, $"an image of {dimensions} voxels is too large to be addressed");
        }
    }

    /// <exception cref="DataStoreException">Of <paramref name="kind"/>: an axis is not from 1 to 2^31-1.</exception>
    public static void RequireAxes(Size3 size, string what, DataStoreErrorKind kind)
    {
        if (size is not { X: >= 1 and <= int.MaxValue, Y: >= 1 and <= int.MaxValue, Z: >= 1 and <= int.MaxValue })
        {
            throw new DataStoreException(kind, $"the {what} {size} cannot be: every axis must be from 1 to {int.MaxValue}");
        }
    }
}
