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

    private static int Append(Span<byte> path, int at, long number)
    {
        path[at] = (byte)'/';
        _ = Utf8Formatter.TryFormat(number, path[(at + 1)..], out int written);
        return at + 1 + written;
    }
}
