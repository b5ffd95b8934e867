using System.Buffers.Binary;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Remote;

namespace DataStoreFS.WriteBack;

/// <summary>
/// The bytes of one journal record: 16 bytes of header (magic, body length, CRC-32C, kind; big-endian) and the body. The CRC covers the segment's
/// nonce, length, kind and body, so that voxels that happen to hold a journal are never taken for records of this one.
/// </summary>
internal static class JournalRecord
{
    public const int HeaderBytes = 4 + 4 + 4 + 4;

    private const uint Magic = 0x4453_4A52;
    private const int SequenceBytes = sizeof(long);

    // Two u16 string lengths, three int64 factors, timepoint, channel, angle, x, y, z.
    private const int FixedAddressBytes = 2 + 2 + (3 * 8) + (6 * 4);
    private const int LongestString = 1024;

    public static ReadOnlySpan<byte> MagicBytes => "DSJR"u8;

    public static int PrefixBytes(in BlockAddress address) =>
        HeaderBytes + SequenceBytes + FixedAddressBytes
        + Encoding.UTF8.GetByteCount(address.Image.Uuid) + Encoding.UTF8.GetByteCount(address.Image.Version);

    /// <summary>Everything of a write's record but the block file itself, which follows it.</summary>
    public static byte[] Write(ulong nonce, long sequence, in BlockAddress address, ReadOnlySpan<byte> file)
    {
        byte[] prefix = new byte[PrefixBytes(address)];
        Span<byte> rest = prefix.AsSpan(HeaderBytes);
        BinaryPrimitives.WriteInt64BigEndian(rest, sequence);
        rest = rest[SequenceBytes..];
        PutString(ref rest, address.Image.Uuid);
        PutString(ref rest, address.Image.Version);
        PutLong(ref rest, address.Image.Resolution.X);
        PutLong(ref rest, address.Image.Resolution.Y);
        PutLong(ref rest, address.Image.Resolution.Z);
        PutInt(ref rest, address.Image.Timepoint);
        PutInt(ref rest, address.Image.Channel);
        PutInt(ref rest, address.Image.Angle);
        PutInt(ref rest, address.X);
        PutInt(ref rest, address.Y);
        PutInt(ref rest, address.Z);
        PutHeader(prefix, nonce, JournalRecordKind.Write, file);
        return prefix;
    }

    /// <summary>Says that versions of a block are not needed any more.</summary>
    public static byte[] Complete(ulong nonce, IReadOnlyList<long> sequences)
    {
        byte[] record = new byte[HeaderBytes + (sequences.Count * SequenceBytes)];
        for (int i = 0; i < sequences.Count; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(record.AsSpan(HeaderBytes + (i * SequenceBytes)), sequences[i]);
        }

        PutHeader(record, nonce, JournalRecordKind.Complete, default);
        return record;
    }

    /// <summary>A record's kind and length, if what stands here can be one at all; its CRC is not checked yet.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> header, out JournalRecordKind kind, out long length)
    {
        kind = (JournalRecordKind)BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
        length = HeaderBytes + (long)BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        return BinaryPrimitives.ReadUInt32BigEndian(header) == Magic && kind is JournalRecordKind.Write or JournalRecordKind.Complete;
    }

    public static bool IsIntact(ReadOnlySpan<byte> record, ulong nonce) => IsIntact(record, default, nonce);

    /// <summary>The same for a record whose block file lies elsewhere than its beginning.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> file, ulong nonce) =>
        BinaryPrimitives.ReadUInt32BigEndian(prefix[8..]) == Checksum(nonce, prefix[..HeaderBytes], prefix[HeaderBytes..], file);

    /// <summary>Reads a write's record whose CRC is good; false when it is malformed all the same.</summary>
    public static bool TryReadWrite(ReadOnlySpan<byte> record, out long sequence, out BlockAddress address, out int fileOffset)
    {
        (sequence, address, fileOffset) = (0, default, 0);
        ReadOnlySpan<byte> rest = record[HeaderBytes..];
        if (rest.Length < SequenceBytes)
        {
            return false;
        }

        sequence = BinaryPrimitives.ReadInt64BigEndian(rest);
        rest = rest[SequenceBytes..];
        if (!TryString(ref rest, out string uuid) || !TryString(ref rest, out string version) || rest.Length < (3 * 8) + (6 * 4))
        {
            return false;
        }

        Size3 resolution = new(Long(ref rest), Long(ref rest), Long(ref rest));
        ImageAddress image = new(uuid, resolution, version, Int(ref rest), Int(ref rest), Int(ref rest));
        address = new BlockAddress(image, Int(ref rest), Int(ref rest), Int(ref rest));
        fileOffset = record.Length - rest.Length;
        return true;
    }

    /// <summary>The versions that a record of a good CRC completes.</summary>
    public static IEnumerable<long> ReadComplete(ReadOnlySpan<byte> record)
    {
        List<long> sequences = [];
        for (ReadOnlySpan<byte> rest = record[HeaderBytes..]; rest.Length >= SequenceBytes; rest = rest[SequenceBytes..])
        {
            sequences.Add(BinaryPrimitives.ReadInt64BigEndian(rest));
        }

        return sequences;
    }

    private static void PutHeader(Span<byte> record, ulong nonce, JournalRecordKind kind, ReadOnlySpan<byte> file)
    {
        BinaryPrimitives.WriteUInt32BigEndian(record, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(record[4..], checked((uint)(record.Length - HeaderBytes + file.Length)));
        BinaryPrimitives.WriteUInt32BigEndian(record[12..], (uint)kind);
        BinaryPrimitives.WriteUInt32BigEndian(record[8..], Checksum(nonce, record[..HeaderBytes], record[HeaderBytes..], file));
    }

    private static uint Checksum(ulong nonce, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, ReadOnlySpan<byte> file)
    {
        Span<byte> start = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(start, nonce);
        uint crc = Crc32C.Add(Crc32C.Start, start);
        crc = Crc32C.Add(crc, header[4..8]);
        crc = Crc32C.Add(crc, header[12..16]);
        crc = Crc32C.Add(crc, body);
        return Crc32C.Finish(Crc32C.Add(crc, file));
    }

    private static void PutString(ref Span<byte> rest, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, rest[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(rest, checked((ushort)length));
        rest = rest[(2 + length)..];
    }

    private static void PutLong(ref Span<byte> rest, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(rest, value);
        rest = rest[8..];
    }

    private static void PutInt(ref Span<byte> rest, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(rest, value);
        rest = rest[4..];
    }

    private static bool TryString(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(rest) is var length && (length > LongestString || rest.Length < 2 + length))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(rest.Slice(2, length));
        rest = rest[(2 + length)..];
        return true;
    }

    private static long Long(ref ReadOnlySpan<byte> rest)
    {
        long value = BinaryPrimitives.ReadInt64BigEndian(rest);
        rest = rest[8..];
        return value;
    }

    private static int Int(ref ReadOnlySpan<byte> rest)
    {
        int value = BinaryPrimitives.ReadInt32BigEndian(rest);
        rest = rest[4..];
        return value;
    }
}

internal enum JournalRecordKind : uint
{
    Write = 1,
    Complete = 2,
}
