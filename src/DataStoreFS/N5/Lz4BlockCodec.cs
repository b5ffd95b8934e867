using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace DataStoreFS.N5;

/// <summary>
/// lz4-java's "LZ4Block" stream, which N5 uses: not the LZ4 frame format. Each piece has a header of 21 bytes: the magic, a token (method and
/// log2 of the piece size), then little-endian packed length, plain length and xxHash32 of the plain bytes. An empty piece ends the stream.
/// </summary>
/// <param name="blockSize">Plain bytes of a piece: 64 to 32 Mi.</param>
internal sealed class Lz4BlockCodec(int blockSize) : PayloadCodec
{
    private const int HeaderBytes = 8 + 1 + (3 * 4);
    private const int MethodStored = 0x10;
    private const int MethodLz4 = 0x20;
    private const int SmallestSizeLog = 10;
    private const uint Seed = 0x9747B28C;

    // lz4-java hands the hash around as a checksum of 28 bits.
    private const uint ChecksumMask = 0x0FFF_FFFF;

    public static ReadOnlySpan<byte> Magic => "LZ4Block"u8;

    public override void Decode(ReadOnlySpan<byte> packed, Span<byte> voxels)
    {
        int done = 0;
        while (true)
        {
            PieceHeader header = PieceHeader.Parse(packed);
            packed = packed[HeaderBytes..];
            if (header.Plain == 0)
            {
                break;
            }

            if (header.Packed > packed.Length)
            {
                throw N5Fault.Invalid($"the lz4 data ends after {done} of {voxels.Length} bytes of voxels");
            }

            if (header.Plain > voxels.Length - done)
            {
                throw N5Fault.Invalid($"the lz4 data holds more than {voxels.Length} bytes of voxels");
            }

            Span<byte> target = voxels.Slice(done, header.Plain);
            Unpack(header, packed[..header.Packed], target);
            done += header.Plain;
            packed = packed[header.Packed..];
        }

        if (done != voxels.Length)
        {
            throw N5Fault.Invalid($"the lz4 data ends after {done} of {voxels.Length} bytes of voxels");
        }

        if (!packed.IsEmpty)
        {
            throw N5Fault.Invalid($"the lz4 data is followed by {packed.Length} other bytes");
        }
    }

    public override void Encode(ReadOnlySpan<byte> voxels, IBufferWriter<byte> packed)
    {
        int piece = Math.Clamp(blockSize, 64, 1 << (SmallestSizeLog + 15));
        int sizeLog = Math.Max(BitOperations.Log2((uint)piece - 1) + 1 - SmallestSizeLog, 0);
        while (!voxels.IsEmpty)
        {
            ReadOnlySpan<byte> plain = voxels[..Math.Min(piece, voxels.Length)];
            Span<byte> target = packed.GetSpan(HeaderBytes + Lz4Encoder.Bound(plain.Length));
            int length = Lz4Encoder.Encode(plain, target[HeaderBytes..]);
            int method = MethodLz4;
            if (length >= plain.Length)
            {
                method = MethodStored;
                length = plain.Length;
                plain.CopyTo(target[HeaderBytes..]);
            }

            WriteHeader(target, method | sizeLog, length, plain.Length, XxHash32.Compute(plain, Seed) & ChecksumMask);
            packed.Advance(HeaderBytes + length);
            voxels = voxels[plain.Length..];
        }

        WriteHeader(packed.GetSpan(HeaderBytes), MethodStored | sizeLog, 0, 0, 0);
        packed.Advance(HeaderBytes);
    }

    private static void Unpack(in PieceHeader header, ReadOnlySpan<byte> packed, Span<byte> target)
    {
        if (header.Method == MethodStored)
        {
            packed.CopyTo(target);
        }
        else if (!Lz4Decoder.TryDecode(packed, target))
        {
            throw N5Fault.Invalid("the lz4 data is damaged");
        }

        if ((XxHash32.Compute(target, Seed) & ChecksumMask) != header.Checksum)
        {
            throw N5Fault.Invalid("the lz4 data is damaged: its checksum is not right");
        }
    }

    private static void WriteHeader(Span<byte> target, int token, int packed, int plain, uint checksum)
    {
        Magic.CopyTo(target);
        target[8] = (byte)token;
        BinaryPrimitives.WriteInt32LittleEndian(target[9..], packed);
        BinaryPrimitives.WriteInt32LittleEndian(target[13..], plain);
        BinaryPrimitives.WriteUInt32LittleEndian(target[17..], checksum);
    }

    private readonly record struct PieceHeader(int Method, int Packed, int Plain, uint Checksum)
    {
        public static PieceHeader Parse(ReadOnlySpan<byte> source)
        {
            if (source.Length < HeaderBytes)
            {
                throw N5Fault.Invalid("the lz4 data is cut short: its end mark is missing");
            }

            PieceHeader header = new(
                source[8] & 0xF0,
                BinaryPrimitives.ReadInt32LittleEndian(source[9..]),
                BinaryPrimitives.ReadInt32LittleEndian(source[13..]),
                BinaryPrimitives.ReadUInt32LittleEndian(source[17..]));
            int largest = 1 << (SmallestSizeLog + (source[8] & 0x0F));
            bool good = source.StartsWith(Magic)
                && header.Method is MethodStored or MethodLz4
                && header.Plain >= 0 && header.Plain <= largest
                && header.Packed >= 0 && (header.Packed == 0) == (header.Plain == 0)
                && (header.Method != MethodStored || header.Packed == header.Plain);
            return good ? header : throw N5Fault.Invalid("the lz4 data is damaged: a piece header is not right");
        }
    }
}
