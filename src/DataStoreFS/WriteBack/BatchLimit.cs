using System.Globalization;
using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>How much goes into one POST.</summary>
/// <param name="Bytes">Of the body. A single block beyond it is sent all the same: the server decides.</param>
/// <param name="Blocks">At most.</param>
/// <param name="PathBytes">Of the blocks' part of the URL; a default server takes a request line of 4,096 bytes, prefix and proxy included.</param>
public readonly record struct BatchLimit(long Bytes, int Blocks, int PathBytes)
{
    // 8 MiB: the default server stops at 10,240 KiB, and the Fiji client's constant is this, too.
    public static BatchLimit Default { get; } = new(8L << 20, 64, 3000);
}

/// <summary>A batch as it grows.</summary>
internal struct BatchSize
{
    // A frame is three int32 sizes and the voxels: the file image without the first four bytes of its header.
    private const int FrameSaving = BlockBuffer.HeaderBytes - 12;

    private long _bytes;
    private int _blocks;
    private int _pathBytes;

    public static long FrameBytes(int fileLength) => fileLength - FrameSaving;

    /// <summary>Counts a block in unless the batch would become too large; the first one always fits.</summary>
    public bool TryAdd(in BlockAddress address, int fileLength, BatchLimit limit)
    {
        long bytes = _bytes + FrameBytes(fileLength);
        int path = _pathBytes + PathLength(address);
        if (_blocks > 0 && (bytes > limit.Bytes || _blocks == limit.Blocks || path > limit.PathBytes))
        {
            return false;
        }

        (_bytes, _pathBytes) = (bytes, path);
        _blocks++;
        return true;
    }

    // x/y/z/timepoint/channel/angle/
    private static int PathLength(in BlockAddress address) => 6 + Digits(address.X) + Digits(address.Y) + Digits(address.Z) +
        Digits(address.Image.Timepoint) + Digits(address.Image.Channel) + Digits(address.Image.Angle);

    private static int Digits(int number)
    {
        Span<char> text = stackalloc char[11];
        number.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        return length;
    }
}
