using System.Buffers.Text;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Server.Storage;

/// <summary>One level of one setup and timepoint of one version on the disk, as its <c>attributes.json</c> describes it. Immutable.</summary>
internal sealed class LevelFolder
{
    // Three grid positions of up to 20 characters, slashes, the closing zero.
    private const int LongestBlockName = 64;

    private readonly byte[] _path;

    private LevelFolder(string path, int index, LevelInfo info, VoxelType voxelType, N5Compression compression)
    {
        Path = path;
        _path = [.. Encoding.UTF8.GetBytes(path)];
        Index = index;
        Info = info;
        VoxelType = voxelType;
        Compression = compression;
    }

    public string Path { get; }

    /// <summary>N of the folder's name <c>sN</c>.</summary>
    public int Index { get; }

    public LevelInfo Info { get; }
    public VoxelType VoxelType { get; }
    public N5Compression Compression { get; }

    /// <exception cref="InvalidDataException">The attributes are not those of a three-dimensional N5 dataset.</exception>
    public static LevelFolder Read(string path, int index)
    {
        string file = System.IO.Path.Combine(path, "attributes.json");
        try
        {
            N5LevelAttributes attributes = N5LevelAttributes.Parse(File.ReadAllBytes(file));
            LevelInfo info = new(index, attributes.Factors ?? new Size3(1, 1, 1), attributes.Dimensions, attributes.BlockSize);
            return new LevelFolder(path, index, info, attributes.Type, attributes.Compression);
        }
        catch (DataStoreException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>Opens a block's file.</summary>
    /// <returns>A descriptor that the caller closes, or -1 when the block was never written.</returns>
    public int OpenBlock(long x, long y, long z)
    {
        Span<byte> path = stackalloc byte[_path.Length + LongestBlockName];
        _path.CopyTo(path);
        int at = Append(path, _path.Length, x);
        at = Append(path, at, y);
        at = Append(path, at, z);
        path[at] = 0;
        return NativeFile.OpenForReading(path[..(at + 1)]);
    }

    /// <summary>
    /// Stores a block: complete or not at all, whatever happens meanwhile, and seen by readers as old or new. The position is not checked against
    /// the grid, as in the original.
    /// </summary>
    /// <param name="at">Its grid position.</param>
    /// <param name="file">The block file's bytes.</param>
    /// <param name="sync">It reaches the disk before this returns.</param>
    /// <exception cref="IOException">The disk is full, or the level's folder is gone.</exception>
    private void WriteBlock(in BlockAddress at, ReadOnlySpan<byte> file, bool sync)
    {
        // Only the folders below the level are made.
        string column = $"{Path}/{at.X}";
        string row = $"{column}/{at.Y}";
        if (!Directory.Exists(row))
        {
            NativeFile.MakeDirectory(NativeFile.PathBytes(column));
            NativeFile.MakeDirectory(NativeFile.PathBytes(row));
            if (sync)
            {
                NativeFile.SyncFolder(Path);
                NativeFile.SyncFolder(column);
            }
        }

        AtomicFile.Write($"{row}/{at.Z}", file, sync);
    }

    /// <summary>Stores a block in this level's compression.</summary>
    /// <param name="at">Its grid position.</param>
    /// <param name="block">Its raw image; stays the caller's.</param>
    /// <param name="sync">It reaches the disk before this returns.</param>
    public void WriteBlock(in BlockAddress at, BlockBuffer block, bool sync)
    {
        if (Compression.Type == N5CompressionType.Raw)
        {
            // The buffer already is the file.
            WriteBlock(at, block.GetSpan(), sync);
            return;
        }

        using PooledWriter file = new(BlockBuffer.HeaderBytes + block.Payload.Length);
        N5BlockCodec.Encode(block.Size, block.Payload, Compression, file);
        WriteBlock(at, file.Written, sync);
    }

    private static int Append(Span<byte> path, int at, long number)
    {
        path[at] = (byte)'/';
        _ = Utf8Formatter.TryFormat(number, path[(at + 1)..], out int written);
        return at + 1 + written;
    }
}
