using System.Buffers.Binary;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace Integration.Crash;

/// <summary>Block files that say which block they are and which generation of it, in every byte: a mixture of two generations is neither.</summary>
internal static class BlockPattern
{
    private const int StampBytes = 16;
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A whole raw block file.</summary>
    public static byte[] FileOf(VolumeInfo volume, in BlockKey key, long generation)
    {
        Size3 size = volume.Level(key).SizeAt(key.X, key.Y, key.Z);
        byte[] file = new byte[BlockBuffer.HeaderBytes + (size.Count * volume.VoxelType.Bytes())];
        N5Header.Write(file, size);
        Fill(file.AsSpan(BlockBuffer.HeaderBytes), key, generation);
        return file;
    }

    /// <returns>
    /// The generation that the file is, whole; 0 for a file that is not there; null for anything else: torn, mixed, another block's.
    /// </returns>
    public static long? GenerationOf(VolumeInfo volume, in BlockKey key, byte[]? file)
    {
        if (file is null)
        {
            return 0;
        }

        if (file.Length < BlockBuffer.HeaderBytes + StampBytes)
        {
            return null;
        }

        long generation = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(BlockBuffer.HeaderBytes + 8));
        return generation > 0 && file.AsSpan().SequenceEqual(FileOf(volume, key, generation)) ? generation : null;
    }

    private static void Fill(Span<byte> payload, in BlockKey key, long generation)
    {
        ulong place = (
            (((((ulong)key.Timepoint * 4) + (ulong)key.Setup) * 1024) + (ulong)key.X) * 1024 * 1024) + ((ulong)key.Y * 1024) + (ulong)key.Z;
        BinaryPrimitives.WriteUInt64LittleEndian(payload, place);
        BinaryPrimitives.WriteInt64LittleEndian(payload[8..], generation);
        ulong state = (place * Golden) ^ ((ulong)generation * 0xD1342543DE82EF95) ^ Golden;
        for (int at = StampBytes; at < payload.Length; at++)
        {
            // xorshift64: each byte depends on the block and its generation.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            payload[at] = (byte)(state >> 32);
        }
    }
}
