using System.Buffers;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>
/// Block files of any compression to blocks in memory, and back. All faults of the bytes are <see cref="DataStoreException"/>s of kind
/// InvalidData whose message does not name the file: the caller knows it. Where a compression is null it is recognised by its magic bytes.
/// </summary>
public static class N5BlockCodec
{
    /// <summary>Unpacks a whole block file, in the size it was stored.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="compression">As the level's attributes say, or null to recognise it.</param>
    /// <param name="voxelBytes">Bytes of a voxel.</param>
    /// <param name="limit">The level's block size; larger blocks are refused before memory is taken.</param>
    /// <param name="pool">Gives the memory.</param>
    /// <returns>The raw file image. The caller holds its one reference.</returns>
    public static BlockBuffer Decode(ReadOnlySpan<byte> file, N5Compression? compression, int voxelBytes, Size3 limit, NativeBlockPool pool)
    {
        N5BlockHeader header = N5BlockHeader.Parse(file, limit, voxelBytes);
        return DecodeTo(file[header.Length..], header, compression, pool);
    }

    /// <summary>Unpacks a whole block file and cuts or pads it to the size that the grid wants.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="compression">As the level's attributes say, or null to recognise it.</param>
    /// <param name="voxelBytes">Bytes of a voxel.</param>
    /// <param name="limit">The level's block size; larger blocks are refused before memory is taken.</param>
    /// <param name="wanted">Voxels of the result.</param>
    /// <param name="pool">Gives the memory.</param>
    /// <returns>The raw file image. The caller holds its one reference.</returns>
    public static BlockBuffer DecodeFitted(
        ReadOnlySpan<byte> file, N5Compression? compression, int voxelBytes, Size3 limit, Size3 wanted, NativeBlockPool pool)
    {
        N5BlockHeader header = N5BlockHeader.Parse(file, limit, voxelBytes);
        BlockBuffer stored = DecodeTo(file[header.Length..], header, compression, pool);
        if (header.Size == wanted)
        {
            return stored;
        }

        try
        {
            BlockBuffer fitted = pool.Rent(checked(BlockBuffer.HeaderBytes + (int)(wanted.Count * voxelBytes)));
            N5Header.Write(fitted.GetSpan(), wanted);
            BlockReshape.Copy(stored.Payload, header.Size, fitted.WritablePayload, wanted, voxelBytes);
            return fitted;
        }
        finally
        {
            stored.Release();
        }
    }

    /// <summary>Unpacks just a payload, straight into the caller's memory.</summary>
    /// <param name="packed">What follows the header in the file.</param>
    /// <param name="compression">As the level's attributes say, or null to recognise it.</param>
    /// <param name="voxels">Exactly as long as <see cref="N5BlockHeader.PayloadBytes"/>; undefined when this throws.</param>
    public static void DecodePayload(ReadOnlySpan<byte> packed, N5Compression? compression, Span<byte> voxels)
    {
        if (compression is not null)
        {
            compression.Codec.Decode(packed, voxels);
            return;
        }

        N5Compression seen = Sniff(packed);
        if (seen.Type != N5CompressionType.Raw && packed.Length == voxels.Length)
        {
            DecodeEither(packed, seen, voxels);
            return;
        }

        seen.Codec.Decode(packed, voxels);
    }

    /// <summary>Packs a block into the bytes of its file, mode 0.</summary>
    /// <param name="size">Voxels of the block.</param>
    /// <param name="voxels">Big-endian, x fastest.</param>
    /// <param name="compression">How.</param>
    /// <param name="file">Gets header and packed payload.</param>
    public static void Encode(Size3 size, ReadOnlySpan<byte> voxels, N5Compression compression, IBufferWriter<byte> file)
    {
        N5Header.Write(file.GetSpan(BlockBuffer.HeaderBytes), size);
        file.Advance(BlockBuffer.HeaderBytes);
        compression.Codec.Encode(voxels, file);
    }

    /// <summary>The compression whose magic bytes the payload starts with, or raw.</summary>
    public static N5Compression Sniff(ReadOnlySpan<byte> packed)
    {
        if (packed.StartsWith<byte>([0x1F, 0x8B, 0x08]))
        {
            return N5Compression.Gzip;
        }

        if (packed.StartsWith(Lz4BlockCodec.Magic))
        {
            return N5Compression.Lz4;
        }

        if (packed.Length > 3 && packed.StartsWith("BZh"u8) && packed[3] is >= (byte)'1' and <= (byte)'9')
        {
            return N5Compression.Bzip2;
        }

        if (packed.StartsWith<byte>([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0x00]))
        {
            return N5Compression.Xz;
        }

        // RFC 1950: method 8, window up to 32 KiB, and the two bytes as a number divisible by 31; no preset dictionary.
        bool zlib = packed.Length > 2 && packed[0] == 0x78 && (packed[1] & 0x20) == 0 && ((packed[0] << 8) | packed[1]) % 31 == 0;
        return zlib ? N5Compression.Zlib : N5Compression.Raw;
    }

    private static BlockBuffer DecodeTo(ReadOnlySpan<byte> packed, in N5BlockHeader header, N5Compression? compression, NativeBlockPool pool)
    {
        BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + header.PayloadBytes);
        try
        {
            N5Header.Write(block.GetSpan(), header.Size);
            DecodePayload(packed, compression, block.WritablePayload);
            return block;
        }
        catch
        {
            block.Release();
            throw;
        }
    }

    /// <summary>
    /// The payload is as long as raw voxels would be, and starts like a compression. Raw voxels may look like that by chance, but they do not
    /// unpack to the right length with the right checksum.
    /// </summary>
    private static void DecodeEither(ReadOnlySpan<byte> packed, N5Compression seen, Span<byte> voxels)
    {
        try
        {
            seen.Codec.Decode(packed, voxels);
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.InvalidData)
        {
            packed.CopyTo(voxels);
        }
    }
}
