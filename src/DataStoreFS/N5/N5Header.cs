using System.Buffers.Binary;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>The 16 bytes in front of a cached block: mode 0, three dimensions, the block's own size.</summary>
public static class N5Header
{
    public static void Write(Span<byte> header, Size3 size)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, 3);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], checked((int)size.X));
        BinaryPrimitives.WriteInt32BigEndian(header[8..], checked((int)size.Y));
        BinaryPrimitives.WriteInt32BigEndian(header[12..], checked((int)size.Z));
    }

    public static Size3 ReadSize(ReadOnlySpan<byte> header) => new(
        BinaryPrimitives.ReadInt32BigEndian(header[4..]),
        BinaryPrimitives.ReadInt32BigEndian(header[8..]),
        BinaryPrimitives.ReadInt32BigEndian(header[12..]));
}
