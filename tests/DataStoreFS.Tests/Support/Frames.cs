using System.Buffers.Binary;
using DataStoreFS.Model;

namespace DataStoreFS.Tests.Support;

/// <summary>Bytes of block frames, and voxels that say where they belong.</summary>
internal static class Frames
{
    /// <summary>What the server sends for a block it does not have: three times -1.</summary>
    public static byte[] Missing { get; } = [.. Enumerable.Repeat((byte)0xFF, 12)];

    public static byte[] Header(int x, int y, int z)
    {
        byte[] header = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(header, x);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), y);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(8), z);
        return header;
    }

    public static byte[] Block(Size3 size, byte[] voxels) => [.. Header((int)size.X, (int)size.Y, (int)size.Z), .. voxels];

    /// <summary>One-byte voxels that differ from block to block and within a block.</summary>
    public static byte[] Voxels(Size3 size, int seed)
    {
        byte[] voxels = new byte[size.Count];
        for (int i = 0; i < voxels.Length; i++)
        {
            voxels[i] = (byte)((seed * 31) + (i * 7));
        }

        return voxels;
    }

    public static int Seed(int x, int y, int z, int t = 0) => x + (10 * y) + (100 * z) + (1000 * t);
}
