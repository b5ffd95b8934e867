using System.Globalization;
using System.Security.Cryptography;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>
/// Reads a local N5 tree by plain file calls, so a mounted one as well: what a program sees, without any knowledge of how it came there.
/// Not for the daemon itself.
/// </summary>
/// <param name="root">The <c>export.n5</c> folder.</param>
public sealed class N5TreeReader(string root)
{
    /// <summary>The images of the tree as <c>setupS/timepointT/sL</c>, in numerical order.</summary>
    public IEnumerable<string> Images() =>
        from setup in Numbered(root, "setup")
        from timepoint in Numbered(Path.Combine(root, setup), "timepoint")
        from level in Numbered(Path.Combine(root, setup, timepoint), "s")
        select $"{setup}/{timepoint}/{level}";

    /// <exception cref="DataStoreException">NotFound, InvalidData or Local, with the file's name.</exception>
    public N5LevelAttributes ReadAttributes(string image)
    {
        string path = Path.Combine(root, image, "attributes.json");
        byte[] file = ReadFile(path) ?? throw new DataStoreException(DataStoreErrorKind.NotFound, $"{path} does not exist");
        return Named(path, () => N5LevelAttributes.Parse(file));
    }

    /// <summary>Reads every block of an image's grid and sums it up.</summary>
    /// <exception cref="DataStoreException">A file cannot be read, or is no block of this image; with the file's name.</exception>
    public N5ImageSummary Summarise(string image, CancellationToken cancellationToken = default)
    {
        int blocks = 0;
        int missing = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        N5LevelAttributes attributes = ReadAttributes(image);
        foreach (ReadOnlyMemory<byte> slab in Slabs(image, attributes, present => _ = present ? blocks++ : missing++, cancellationToken))
        {
            hash.AppendData(slab.Span);
        }

        return new N5ImageSummary(attributes, blocks, missing, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>
    /// The dense voxels of an image from front to back, big-endian, x fastest, missing blocks as zeros: one piece per layer of blocks. A piece is
    /// overwritten by the next.
    /// </summary>
    /// <param name="image">As <see cref="Images"/> names it.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="visited">Told of each block of the grid whether there is a file.</param>
    /// <param name="cancellationToken">Looked at before each block.</param>
    public IEnumerable<ReadOnlyMemory<byte>> Slabs(
        string image, N5LevelAttributes attributes, Action<bool> visited, CancellationToken cancellationToken)
    {
        LevelInfo level = new(0, new Size3(1, 1, 1), attributes.Dimensions, attributes.BlockSize);
        int voxelBytes = attributes.Type.Bytes();
        Size3 thickest = attributes.Dimensions with { Z = Math.Min(attributes.Dimensions.Z, attributes.BlockSize.Z) };
        DatasetLimits.RequireImage(thickest, attributes.Type, DataStoreErrorKind.InvalidData);
        if (thickest.Count * voxelBytes > Array.MaxLength)
        {
            throw new DataStoreException(
                DataStoreErrorKind.InvalidData, $"a layer of {thickest} voxels in {Path.Combine(root, image)} does not fit into memory");
        }

        byte[] slab = new byte[thickest.Count * voxelBytes];
        using NativeBlockPool pool = new();
        for (int z = 0; z < level.Grid.Z; z++)
        {
            Size3 size = thickest with { Z = level.SizeAt(0, 0, z).Z };
            Array.Clear(slab);
            for (int y = 0; y < level.Grid.Y; y++)
            {
                for (int x = 0; x < level.Grid.X; x++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    visited(Place(image, attributes, level, (x, y, z), slab, pool));
                }
            }

            yield return slab.AsMemory(0, (int)(size.Count * voxelBytes));
        }
    }

    private bool Place(string image, N5LevelAttributes attributes, LevelInfo level, (int X, int Y, int Z) at, byte[] slab, NativeBlockPool pool)
    {
        string path = Path.Combine(root, image, string.Create(CultureInfo.InvariantCulture, $"{at.X}/{at.Y}/{at.Z}"));
        if (ReadFile(path) is not byte[] file)
        {
            return false;
        }

        int voxelBytes = attributes.Type.Bytes();
        Size3 size = level.SizeAt(at.X, at.Y, at.Z);
        BlockBuffer block = Named(path, () => N5BlockCodec.DecodeFitted(file, attributes.Compression, voxelBytes, attributes.BlockSize, size, pool));
        try
        {
            int row = (int)size.X * voxelBytes;
            for (int line = 0; line < size.Y * size.Z; line++)
            {
                long y = (at.Y * attributes.BlockSize.Y) + (line % size.Y);
                long target = ((((line / size.Y) * attributes.Dimensions.Y) + y) * attributes.Dimensions.X) + (at.X * attributes.BlockSize.X);
                block.Payload.Slice(line * row, row).CopyTo(slab.AsSpan((int)(target * voxelBytes)));
            }
        }
        finally
        {
            block.Release();
        }

        return true;
    }

    /// <summary>The file's content; null when there is no such file, which is how N5 spells an empty block.</summary>
    private static byte[]? ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, $"cannot read {path}: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
    }

    private static T Named<T>(string path, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (DataStoreException fault)
        {
            throw new DataStoreException(fault.Kind, $"{path}: {fault.Message}", fault);
        }
    }

    private static IEnumerable<string> Numbered(string folder, string prefix) =>
        from path in Directory.EnumerateDirectories(folder, prefix + "*")
        let name = Path.GetFileName(path)
        let number = int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : -1
        where number >= 0
        orderby number
        select name;
}
