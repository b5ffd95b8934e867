using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>How large a block file that somebody writes can sensibly become.</summary>
public static class BlockFileLimit
{
    // Incompressible voxels grow: gzip and zlib by 5 bytes per 16 KiB, lz4-java by 21 per 64 KiB, xz by 0.03 %, bzip2 by at most 1 % + 600 bytes.
    // An eighth covers them all and a writer that pads; the slack covers small blocks, whose trailers dominate.
    private const int OverheadDivisor = 8;
    private const long Slack = 64 << 10;

    // NativeBlockPool rounds up to pages in an int.
    private const long MostThatABufferHolds = int.MaxValue - 8192;

    /// <summary>Bytes: header, every voxel of a full block (edge blocks may come unclipped), and what a compression may add.</summary>
    public static int For(LevelInfo level, VoxelType type)
    {
        long raw = level.BlockSize.Count * type.Bytes();
        return (int)Math.Min(MostThatABufferHolds, BlockBuffer.HeaderBytes + raw + (raw / OverheadDivisor) + Slack);
    }

    /// <summary>Where a change of so many bytes at this offset ends.</summary>
    /// <exception cref="DataStoreException">TooLarge: past the limit.</exception>
    internal static int EndOf(string name, long offset, int count, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return offset <= limit - count
            ? (int)offset + count
            : throw new DataStoreException(
                DataStoreErrorKind.TooLarge,
                $"{name} cannot grow to {offset} + {count} bytes: a block file of this level has at most {limit}");
    }
}
