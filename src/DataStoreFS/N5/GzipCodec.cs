using System.Buffers.Binary;
using System.IO.Compression;

namespace DataStoreFS.N5;

/// <summary>One gzip member, or one zlib stream.</summary>
/// <param name="level">-1 or 0 to 9, as zlib counts.</param>
/// <param name="zlib">RFC 1950 framing in place of RFC 1952.</param>
internal sealed class GzipCodec(int level, bool zlib) : StreamCodec
{
    private const int GzipTrailer = 8;
    private const int AdlerTrailer = 4;
    private const int DefaultLevel = 6;

    protected override string Name => zlib ? "zlib" : "gzip";

    protected override Stream OpenReader(Stream source) =>
        zlib
            ? new ZLibStream(source, CompressionMode.Decompress, leaveOpen: true)
            : new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);

    protected override Stream OpenWriter(Stream target)
    {
        ZLibCompressionOptions options = new() { CompressionLevel = level is >= 0 and <= 9 ? level : DefaultLevel };
        return zlib ? new ZLibStream(target, options, leaveOpen: true) : new GZipStream(target, options, leaveOpen: true);
    }

    protected override bool IsDamage(Exception fault) => fault is InvalidDataException or IOException;

    /// <summary>.NET's streams write nothing at all where nothing was written to them; this is what zlib and Java write.</summary>
    protected override ReadOnlySpan<byte> EncodedNothing => zlib
        ? [0x78, 0x9C, 0x03, 0, 0, 0, 0, 0x01]
        : [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>
    /// .NET's streams accept a missing trailer and anything behind it in silence, while N5 readers fail on both. So the trailer is looked for
    /// where it has to be, at the very end. The checksum is needed as well as the length: a block overwritten by a shorter one keeps the tail
    /// of the old, which ends with the same length. (Several gzip members in a row are refused too; no N5 writer makes them.)
    /// </summary>
    protected override void CheckEnd(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> voxels, long position)
    {
        bool good = zlib
            ? packed.Length > AdlerTrailer && BinaryPrimitives.ReadUInt32BigEndian(packed[^4..]) == Adler32.Compute(voxels)
            : packed.Length > GzipTrailer
                && BinaryPrimitives.ReadInt32LittleEndian(packed[^4..]) == voxels.Length
                && BinaryPrimitives.ReadUInt32LittleEndian(packed[^8..]) == Crc32.Compute(voxels);
        if (!good)
        {
            throw N5Fault.Invalid($"the {Name} data is cut short, or followed by other bytes");
        }
    }
}
