using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// The file of one block: the N5 image as it lies in memory, then a trailer that says in full whose block it is. The image comes first so that it
/// begins at a page of the file as it does in memory: that is what reading past the page cache asks for (<see cref="DiskDirect"/>). The trailer,
/// little-endian:
/// <code>
///  0  8  "DSFSblk2", or "DSFSgone" for a tombstone (64 bytes, no identity, no image)
///  8  4  bytes of the trailer, a multiple of 64
/// 12  4  bytes of the image; 0: the server had no such block
/// 16  8  when it was asked for, UTC ticks (100 ns since year 1)
/// 24  4  CRC-32C of the image
/// 28  4  CRC-32C of the trailer with this field zero
/// 32     identity: i32 channel, angle, timepoint id, voxel type; i64 x3 factors, x3 grid position, x3 voxels; i32 length, UTF-8 text
///        (server, uuid, version by line); zeros up to the trailer's end
/// </code>
/// The file's name is the SHA-256 of the identity, so a file is found without an index, and since the identity is compared byte for byte a
/// collision, a file put into the wrong place or one of another layout version is a miss. All files of one name have trailers of one length.
/// "DSFSblk1" had the trailer in front: such files fail the check, are deleted and fetched again; their tombstones are still good.
/// </summary>
internal static class DiskRecord
{
    public const int FieldBytes = 32;
    public const int IdentityNumbers = FieldBytes;
    public const int IdentityTextLength = FieldBytes + (4 * 4) + (3 * 3 * 8);
    public const int IdentityText = IdentityTextLength + 4;
    public const int MaximumTrailerBytes = 1024;
    public const int TombstoneBytes = 64;

    /// <summary>Bytes of the name that are the file's; the first byte of the hash is the folder's.</summary>
    public const int NameHashBytes = 19;

    public const int NameCharacters = 2 * NameHashBytes;

    private const int TrailerBytesField = 8;
    private const int ImageBytesField = 12;
    private const int FetchedField = 16;
    private const int ImageSumField = 24;
    private const int TrailerSumField = 28;

    private static ReadOnlySpan<byte> BlockMagic => "DSFSblk2"u8;

    private static ReadOnlySpan<byte> TombstoneMagic => "DSFSgone"u8;

    public static int TrailerBytes(int textBytes) => (IdentityText + textBytes + 63) & ~63;

    /// <summary>Completes a trailer whose identity is in place.</summary>
    public static void Seal(Span<byte> trailer, ReadOnlySpan<byte> image, long fetched)
    {
        BlockMagic.CopyTo(trailer);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[ImageBytesField..], image.Length);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[FetchedField..], fetched);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[ImageSumField..], image.IsEmpty ? 0 : Crc32C.Compute(image));
        SealSum(trailer);
    }

    public static void WriteTombstone(Span<byte> record, long dropped)
    {
        record[..TombstoneBytes].Clear();
        TombstoneMagic.CopyTo(record);
        BinaryPrimitives.WriteInt64LittleEndian(record[FetchedField..], dropped);
        SealSum(record[..TombstoneBytes]);
    }

    /// <summary>Reads what any record ends with. False: this is no intact record.</summary>
    /// <param name="bytes">The last bytes of the file, as many as a trailer of its name has; all of a shorter file.</param>
    /// <param name="trailer">What it says.</param>
    public static bool TryRead(Span<byte> bytes, out DiskRecordTrailer trailer)
    {
        trailer = default;
        if (bytes.Length < TombstoneBytes)
        {
            return false;
        }

        bool tombstone = bytes.StartsWith(TombstoneMagic);
        int trailerBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[TrailerBytesField..]);
        if ((!tombstone && !bytes.StartsWith(BlockMagic)) || trailerBytes < TombstoneBytes || trailerBytes > bytes.Length || trailerBytes % 64 != 0)
        {
            return false;
        }

        uint sum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[TrailerSumField..]);
        if (TrailerSum(bytes[..trailerBytes]) != sum)
        {
            return false;
        }

        trailer = new DiskRecordTrailer(
            tombstone,
            trailerBytes,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[ImageBytesField..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[FetchedField..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ImageSumField..]));
        return true;
    }

    /// <summary>The folder's number and the file's name for an identity.</summary>
    /// <param name="trailer">A trailer with its identity in place.</param>
    /// <param name="name">Receives <see cref="NameCharacters"/> lower-case hexadecimal digits and a terminating zero.</param>
    public static byte Name(ReadOnlySpan<byte> trailer, Span<byte> name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(trailer[FieldBytes..], hash);
        Convert.TryToHexStringLower(hash.Slice(1, NameHashBytes), name, out int written);
        name[written] = 0;
        return hash[0];
    }

    private static void SealSum(Span<byte> trailer)
    {
        BinaryPrimitives.WriteInt32LittleEndian(trailer[TrailerBytesField..], trailer.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[TrailerSumField..], TrailerSum(trailer));
    }

    private static uint TrailerSum(ReadOnlySpan<byte> trailer)
    {
        uint sum = Crc32C.Compute(trailer[..TrailerSumField]);
        sum = Crc32C.Append(sum, [0, 0, 0, 0]);
        return Crc32C.Append(sum, trailer[(TrailerSumField + 4)..]);
    }
}

/// <param name="Tombstone">The block was changed at <paramref name="Fetched"/>; nothing older may take this place.</param>
/// <param name="TrailerBytes">Bytes of it.</param>
/// <param name="ImageBytes">Bytes of the image before it; 0 when the server had no such block.</param>
/// <param name="Fetched">UTC ticks.</param>
/// <param name="ImageSum">CRC-32C of the image.</param>
internal readonly record struct DiskRecordTrailer(bool Tombstone, int TrailerBytes, int ImageBytes, long Fetched, uint ImageSum);
