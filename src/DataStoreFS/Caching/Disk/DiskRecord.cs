using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// The file of one block: a header that says in full whose block it is, then the N5 image as it lies in memory. Little-endian.
/// <code>
///  0  8  "DSFSblk1", or "DSFSgone" for a tombstone (64 bytes, no identity, no image)
///  8  4  bytes of the header, a multiple of 64
/// 12  4  bytes of the image; 0: the server had no such block
/// 16  8  when it was asked for, UTC ticks (100 ns since year 1)
/// 24  4  CRC-32C of the image
/// 28  4  CRC-32C of the header with this field zero
/// 32     identity: i32 channel, angle, timepoint id, voxel type; i64 x3 factors, x3 grid position, x3 voxels; i32 length, UTF-8 text
///        (server, uuid, version by line); zeros up to the header's end
/// </code>
/// The file's name is the SHA-256 of the identity, so a file is found without an index, and since the identity is compared byte for byte a
/// collision, a file put into the wrong place or one of another layout version is a miss.
/// </summary>
internal static class DiskRecord
{
    public const int FieldBytes = 32;
    public const int IdentityNumbers = FieldBytes;
    public const int IdentityTextLength = FieldBytes + (4 * 4) + (3 * 3 * 8);
    public const int IdentityText = IdentityTextLength + 4;
    public const int MaximumHeaderBytes = 1024;
    public const int TombstoneBytes = 64;

    /// <summary>Bytes of the name that are the file's; the first byte of the hash is the folder's.</summary>
    public const int NameHashBytes = 19;

    public const int NameCharacters = 2 * NameHashBytes;

    private const int HeaderBytesField = 8;
    private const int ImageBytesField = 12;
    private const int FetchedField = 16;
    private const int ImageSumField = 24;
    private const int HeaderSumField = 28;

    private static ReadOnlySpan<byte> BlockMagic => "DSFSblk1"u8;

    private static ReadOnlySpan<byte> TombstoneMagic => "DSFSgone"u8;

    public static int HeaderBytes(int textBytes) => (IdentityText + textBytes + 63) & ~63;

    /// <summary>Completes a header whose identity is in place.</summary>
    public static void Seal(Span<byte> header, ReadOnlySpan<byte> image, long fetched)
    {
        BlockMagic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[ImageBytesField..], image.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[FetchedField..], fetched);
        BinaryPrimitives.WriteUInt32LittleEndian(header[ImageSumField..], image.IsEmpty ? 0 : Crc32C.Compute(image));
        SealSum(header);
    }

    public static void WriteTombstone(Span<byte> record, long dropped)
    {
        record[..TombstoneBytes].Clear();
        TombstoneMagic.CopyTo(record);
        BinaryPrimitives.WriteInt64LittleEndian(record[FetchedField..], dropped);
        SealSum(record[..TombstoneBytes]);
    }

    /// <summary>Reads what any record begins with. False: this is no intact record.</summary>
    /// <param name="bytes">The first bytes of the file, as many as there are up to <see cref="MaximumHeaderBytes"/>.</param>
    /// <param name="head">What it says.</param>
    public static bool TryReadHead(Span<byte> bytes, out DiskRecordHead head)
    {
        head = default;
        if (bytes.Length < TombstoneBytes)
        {
            return false;
        }

        bool tombstone = bytes.StartsWith(TombstoneMagic);
        int headerBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[HeaderBytesField..]);
        if ((!tombstone && !bytes.StartsWith(BlockMagic)) || headerBytes < TombstoneBytes || headerBytes > bytes.Length || headerBytes % 64 != 0)
        {
            return false;
        }

        uint sum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeaderSumField..]);
        if (HeaderSum(bytes[..headerBytes]) != sum)
        {
            return false;
        }

        head = new DiskRecordHead(
            tombstone,
            headerBytes,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[ImageBytesField..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[FetchedField..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ImageSumField..]));
        return true;
    }

    /// <summary>The folder's number and the file's name for an identity.</summary>
    /// <param name="header">A header with its identity in place.</param>
    /// <param name="name">Receives <see cref="NameCharacters"/> lower-case hexadecimal digits and a terminating zero.</param>
    public static byte Name(ReadOnlySpan<byte> header, Span<byte> name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(header[FieldBytes..], hash);
        Convert.TryToHexStringLower(hash.Slice(1, NameHashBytes), name, out int written);
        name[written] = 0;
        return hash[0];
    }

    private static void SealSum(Span<byte> header)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header[HeaderBytesField..], header.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[HeaderSumField..], HeaderSum(header));
    }

    private static uint HeaderSum(ReadOnlySpan<byte> header)
    {
        uint sum = Crc32C.Compute(header[..HeaderSumField]);
        sum = Crc32C.Append(sum, [0, 0, 0, 0]);
        return Crc32C.Append(sum, header[(HeaderSumField + 4)..]);
    }
}

/// <param name="Tombstone">The block was changed at <paramref name="Fetched"/>; nothing older may take this place.</param>
/// <param name="HeaderBytes">Bytes of the header.</param>
/// <param name="ImageBytes">Bytes of the image that follows; 0 when the server had no such block.</param>
/// <param name="Fetched">UTC ticks.</param>
/// <param name="ImageSum">CRC-32C of the image.</param>
internal readonly record struct DiskRecordHead(bool Tombstone, int HeaderBytes, int ImageBytes, long Fetched, uint ImageSum);
