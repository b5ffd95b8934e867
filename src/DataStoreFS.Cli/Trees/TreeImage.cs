using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Cli.Trees;

/// <summary>One image of a tree: a setup at a timepoint and a level, with the part of its grid that is meant.</summary>
internal sealed record TreeImage(string Folder, int Setup, int Timepoint, LevelInfo Level, int VoxelBytes)
{
    /// <summary>As in <see cref="TreePlace.Position"/>.</summary>
    public IReadOnlyList<int> Position { get; init; } = [];

    /// <summary>As the tree names it.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"setup{Setup}/timepoint{Timepoint}/s{Level.Index}");

    public long Blocks => Count(0) * Count(1) * Count(2);

    /// <summary>Bytes of the file of a full block that is not compressed.</summary>
    public long BlockBytes => BlockBuffer.HeaderBytes + (Level.BlockSize.Count * VoxelBytes);

    /// <summary>The files of the grid by x, then y, then z: the order of their folders. Whether each is there is not looked at.</summary>
    public IEnumerable<string> Files()
    {
        for (long i = 0; i < Blocks; i++)
        {
            yield return FileAt(i);
        }
    }

    /// <summary>One of <see cref="Files"/>, from 0.</summary>
    public string FileAt(long index)
    {
        long x = First(0) + (index / (Count(1) * Count(2)));
        long y = First(1) + (index / Count(2) % Count(1));
        long z = First(2) + (index % Count(2));
        return string.Create(CultureInfo.InvariantCulture, $"{Folder}/{x}/{y}/{z}");
    }

    private long First(int axis) => axis < Position.Count ? Position[axis] : 0;

    private long Count(int axis) => axis < Position.Count ? 1 : Level.Grid[axis];
}
