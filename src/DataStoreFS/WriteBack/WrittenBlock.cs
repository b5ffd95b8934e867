using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>From the file that a program wrote to the block that is sent.</summary>
public static class WrittenBlock
{
    /// <summary>
    /// As <see cref="Decode"/>, but a file that is the raw image already is not copied: the answer is another reference to <paramref name="file"/>,
    /// which must not be written any more while that is out.
    /// </summary>
    public static BlockBuffer Take(string name, BlockBuffer file, int length, VolumeInfo volume, in BlockKey key, NativeBlockPool pool)
    {
        ReadOnlySpan<byte> bytes = file.GetSpan()[..length];
        if (length < file.Length || !IsImage(bytes, volume, key))
        {
            return Decode(name, bytes, volume, key, pool);
        }

        // Known since now, not since the program began to write.
        file.FetchedAt = Environment.TickCount64;
        return file.Retain();
    }

    /// <summary>
    /// Unpacks and checks. The mounted attributes say <c>raw</c>, but a copy from a compressed tree is understood by its magic bytes. The size has to
    /// be what the grid says at this place, or a full block as zarr pads its edge blocks; that one is clipped.
    /// </summary>
    /// <param name="name">The file, for messages.</param>
    /// <param name="file">All of it.</param>
    /// <param name="volume">Where it belongs.</param>
    /// <param name="key">Inside its grid.</param>
    /// <param name="pool">Gives the memory.</param>
    /// <returns>The raw file image in the grid's size; the caller holds its one reference.</returns>
    /// <exception cref="DataStoreException">InvalidData: names the file and what is wrong with it. Nothing is sent.</exception>
    public static BlockBuffer Decode(string name, ReadOnlySpan<byte> file, VolumeInfo volume, in BlockKey key, NativeBlockPool pool)
    {
        LevelInfo level = volume.Level(key);
        Size3 nominal = level.SizeAt(key.X, key.Y, key.Z);
        int voxelBytes = volume.VoxelType.Bytes();
        try
        {
            N5BlockHeader header = N5BlockHeader.Parse(file, level.BlockSize, voxelBytes);
            if (header.Size != nominal && header.Size != level.BlockSize)
            {
                string padded = nominal == level.BlockSize ? "" : $" (or {level.BlockSize}, padded)";
                throw new DataStoreException(
                    DataStoreErrorKind.InvalidData, $"it has {header.Size} voxels, but the block at this place has {nominal}{padded}");
            }

            return N5BlockCodec.DecodeFitted(file, compression: null, voxelBytes, level.BlockSize, nominal, pool);
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.InvalidData)
        {
            throw new DataStoreException(
                DataStoreErrorKind.InvalidData,
                $"{name} was not sent to the server: {fault.Message}; expected is an N5 block of {volume.VoxelType.Name()} voxels, raw or compressed",
                fault);
        }
    }

    /// <summary>Whether nothing is to be done to it. Voxels that begin like a compression are looked at more closely by the codec.</summary>
    private static bool IsImage(ReadOnlySpan<byte> file, VolumeInfo volume, in BlockKey key)
    {
        Size3 nominal = volume.Level(key).SizeAt(key.X, key.Y, key.Z);
        Span<byte> header = stackalloc byte[BlockBuffer.HeaderBytes];
        N5Header.Write(header, nominal);
        return file.Length == BlockBuffer.HeaderBytes + (nominal.Count * volume.VoxelType.Bytes())
            && file.StartsWith(header)
            && N5BlockCodec.Sniff(file[header.Length..]).Type == N5CompressionType.Raw;
    }
}
