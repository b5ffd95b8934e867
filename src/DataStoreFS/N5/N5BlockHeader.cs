using System.Buffers.Binary;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>The header of an N5 block file as it stands on disk, in any of its modes.</summary>
/// <param name="Size">Voxels of this very block: may be empty, clipped at the edge or padded beyond it, depending on its writer.</param>
/// <param name="Length">Bytes before the payload: 16, or 20 in varlength mode.</param>
/// <param name="PayloadBytes">Bytes of unpacked voxels.</param>
public readonly record struct N5BlockHeader(Size3 Size, int Length, int PayloadBytes)
{
    private const int ModeDefault = 0;
    private const int ModeVarLength = 1;
    private const int ModeObject = 2;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="file">The file, or at least its beginning.</param>
    /// <param name="limit">The level's block size: no axis may be longer. Its bytes must fit an int.</param>
    /// <param name="voxelBytes">Bytes of a voxel.</param>
    /// <exception cref="DataStoreException">InvalidData: what is wrong with it.</exception>
    public static N5BlockHeader Parse(ReadOnlySpan<byte> file, Size3 limit, int voxelBytes)
    {
        if (file.IsEmpty)
        {
            throw N5Fault.Invalid("the block file is empty: its writer was interrupted, or has not finished");
        }

        if (file.Length < 4)
        {
            throw N5Fault.Invalid($"{file.Length} bytes are no N5 block: the header is cut short");
        }

        int mode = BinaryPrimitives.ReadUInt16BigEndian(file);
        int axes = BinaryPrimitives.ReadUInt16BigEndian(file[2..]);
        RequireShape(mode, axes);
        int length = mode == ModeVarLength ? BlockBuffer.HeaderBytes + 4 : BlockBuffer.HeaderBytes;
        if (file.Length < length)
        {
            throw N5Fault.Invalid($"{file.Length} bytes are no N5 block: the header is cut short");
        }

        Size3 size = new(
            BinaryPrimitives.ReadUInt32BigEndian(file[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(file[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(file[12..]));
        if (size.X > limit.X || size.Y > limit.Y || size.Z > limit.Z)
        {
            throw N5Fault.Invalid($"the block of {size} voxels is larger than its level's blocks of {limit}");
        }

        // Cannot overflow: no axis is beyond the limit, and the limit's bytes fit an int.
        int payload = checked((int)(size.Count * voxelBytes));
        if (mode == ModeVarLength && BinaryPrimitives.ReadUInt32BigEndian(file[16..]) is uint elements && elements != size.Count)
        {
            throw N5Fault.Invalid($"the block says {elements} elements, but its size of {size} voxels makes {size.Count}");
        }

        return new N5BlockHeader(size, length, payload);
    }

    private static void RequireShape(int mode, int axes)
    {
        if (mode == ModeObject)
        {
            throw N5Fault.Invalid("the block holds serialised objects (N5 mode 2), not voxels");
        }

        if (mode is not (ModeDefault or ModeVarLength))
        {
            throw N5Fault.Invalid($"the bytes are no N5 block: mode {mode} does not exist");
        }

        if (axes != 3)
        {
            throw N5Fault.Invalid($"the block has {axes} dimensions, not 3");
        }
    }
}
