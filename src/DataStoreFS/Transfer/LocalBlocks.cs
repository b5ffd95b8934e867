using System.Buffers;
using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Transfer;

/// <summary>
/// The block files of one local image, found by listing its folders: a sparse image of a million positions costs only what is there.
/// </summary>
internal static class LocalBlocks
{
    // What packing can add to voxels that do not pack: less than this, plus one part in eight, in each of the compressions.
    private const int PackingOverhead = 64 << 10;

    /// <summary>All that lie in the grid, by x, then y, then z.</summary>
    /// <param name="folder">Of the image; may be absent.</param>
    /// <param name="level">Geometry.</param>
    /// <param name="outside">Told of each name that is a grid position, but outside of the grid.</param>
    /// <exception cref="DataStoreException">InvalidData: a file where a folder belongs, or the other way round. Local.</exception>
    public static IEnumerable<LocalBlock> In(string folder, LevelInfo level, Action<string>? outside = null)
    {
        foreach (int x in Numbers(folder, level.Grid.X, folders: true, outside))
        {
            string column = Name(folder, x);
            foreach (int y in Numbers(column, level.Grid.Y, folders: true, outside))
            {
                string row = Name(column, y);
                foreach (int z in Numbers(row, level.Grid.Z, folders: false, outside))
                {
                    yield return new LocalBlock(x, y, z, Name(row, z));
                }
            }
        }
    }

    /// <summary>Unpacks a block file and cuts or pads it to its place in the grid. The caller holds the buffer's one reference.</summary>
    /// <exception cref="DataStoreException">InvalidData or Local, with the file's name.</exception>
    public static BlockBuffer Read(LocalBlock block, LevelInfo level, VoxelType type, N5Compression compression, NativeBlockPool pool)
    {
        int voxelBytes = type.Bytes();
        long full = level.BlockSize.Count * voxelBytes;
        long length = LocalFile.Require(block.Path).Length;
        if (length > full + (full / 8) + PackingOverhead)
        {
            throw new DataStoreException(
                DataStoreErrorKind.InvalidData, $"{block.Path}: {length} bytes are too much for a block of {level.BlockSize} voxels");
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            using FileStream file = new(block.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            int read = file.ReadAtLeast(bytes.AsSpan(0, (int)length), (int)length, throwOnEndOfStream: false);
            return N5BlockCodec.DecodeFitted(
                bytes.AsSpan(0, read), compression, voxelBytes, level.BlockSize, level.SizeAt(block.X, block.Y, block.Z), pool);
        }
        catch (DataStoreException fault)
        {
            throw new DataStoreException(fault.Kind, $"{block.Path}: {fault.Message}", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw LocalFile.Failed("read", block.Path, fault);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static int[] Numbers(string folder, long count, bool folders, Action<string>? outside)
    {
        List<int> numbers = [];
        try
        {
            foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                // Other names are not N5's: attributes.json, temporary files, "007".
                if (!long.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    || entry.Name != number.ToString(CultureInfo.InvariantCulture))
                {
                    continue;
                }

                if (number >= count)
                {
                    outside?.Invoke(entry.FullName);
                    continue;
                }

                if (entry.Attributes.HasFlag(FileAttributes.Directory) != folders)
                {
                    throw new DataStoreException(
                        DataStoreErrorKind.InvalidData,
                        $"{entry.FullName} is a {(folders ? "file where a folder" : "folder where a block file")} belongs");
                }

                numbers.Add((int)number);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // An image without any block has no folders, either.
            return [];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw LocalFile.Failed("list", folder, fault);
        }

        numbers.Sort();
        return [.. numbers];
    }

    private static string Name(string folder, int number) => Path.Join(folder, number.ToString(CultureInfo.InvariantCulture));
}

/// <summary>A block file.</summary>
internal readonly record struct LocalBlock(int X, int Y, int Z, string Path)
{
    /// <summary>Position in the order of <see cref="LocalBlocks.In"/>.</summary>
    public long Ordinal(Size3 grid) => (((X * grid.Y) + Y) * grid.Z) + Z;
}
