using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>
/// Fits a block's voxels into another block size: what lies outside the target is cut, what the source lacks becomes zero. Needed because
/// zarr writes edge blocks padded to full size, and a server keeps whatever size its last writer sent.
/// </summary>
public static class BlockReshape
{
    /// <param name="source">Exactly <paramref name="sourceSize"/> voxels, x fastest.</param>
    /// <param name="sourceSize">May have zero axes: an empty block.</param>
    /// <param name="target">Exactly <paramref name="targetSize"/> voxels; every byte of it is written. Must not overlap the source.</param>
    /// <param name="targetSize">What the grid wants.</param>
    /// <param name="voxelBytes">Bytes of a voxel.</param>
    /// <exception cref="ArgumentException">A span is not as long as its size says, or a size is negative.</exception>
    public static void Copy(ReadOnlySpan<byte> source, Size3 sourceSize, Span<byte> target, Size3 targetSize, int voxelBytes)
    {
        Require(source.Length, sourceSize, voxelBytes, nameof(source));
        Require(target.Length, targetSize, voxelBytes, nameof(target));
        if (sourceSize == targetSize)
        {
            source.CopyTo(target);
            return;
        }

        Size3 common = Size3.Min(sourceSize, targetSize);
        int row = (int)common.X * voxelBytes;
        int sourceRow = (int)sourceSize.X * voxelBytes;
        int targetRow = (int)targetSize.X * voxelBytes;
        int sourcePlane = sourceRow * (int)sourceSize.Y;
        int targetPlane = targetRow * (int)targetSize.Y;
        for (int z = 0; z < common.Z; z++)
        {
            ReadOnlySpan<byte> from = source.Slice(z * sourcePlane, sourcePlane);
            Span<byte> to = target.Slice(z * targetPlane, targetPlane);
            CopyPlane(from, sourceRow, to, targetRow, row, (int)common.Y);
        }

        target[((int)common.Z * targetPlane)..].Clear();
    }

    private static void CopyPlane(ReadOnlySpan<byte> source, int sourceRow, Span<byte> target, int targetRow, int row, int rows)
    {
        if (row == sourceRow && row == targetRow)
        {
            source[..(row * rows)].CopyTo(target);
        }
        else
        {
            for (int y = 0; y < rows; y++)
            {
                Span<byte> to = target.Slice(y * targetRow, targetRow);
                source.Slice(y * sourceRow, row).CopyTo(to);
                to[row..].Clear();
            }
        }

        target[(rows * targetRow)..].Clear();
    }

    private static void Require(int length, Size3 size, int voxelBytes, string name)
    {
        if (size.X < 0 || size.Y < 0 || size.Z < 0 || checked(size.Count * voxelBytes) != length)
        {
            throw new ArgumentException($"{length} bytes are not {size} voxels of {voxelBytes} bytes", name);
        }
    }
}
