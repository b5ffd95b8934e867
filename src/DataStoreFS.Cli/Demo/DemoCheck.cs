using System.Buffers.Binary;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Demo;

/// <summary>Reads every block file of the mounted tree and compares every voxel with the embryo.</summary>
internal static class DemoCheck
{
    private const int HeaderBytes = 16;

    /// <param name="Blocks">Files read.</param>
    /// <param name="Empty">Of them, those the server has not: zeros.</param>
    /// <param name="Voxels">Compared.</param>
    public readonly record struct Counts(long Blocks, long Empty, long Voxels);

    /// <exception cref="DataStoreException">The first difference.</exception>
    public static Counts Run(string container, int seed, CancellationToken cancellationToken)
    {
        var embryo = new DemoEmbryo(seed);
        long blocks = 0, empty = 0, voxels = 0;
        for (int timepoint = 0; timepoint < DemoShape.Timepoints; timepoint++)
        {
            for (int setup = 0; setup < DemoShape.Channels; setup++)
            {
                DemoVolume full = embryo.Render(setup, timepoint);
                foreach (LevelInfo level in DemoShape.Levels)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    DemoVolume volume = level.Index == 0 ? full : full.Shrink(level.Factors, level.Dimensions);
                    for (int i = 0; i < level.Grid.Count; i++)
                    {
                        int x = (int)(i % level.Grid.X);
                        int y = (int)(i / level.Grid.X % level.Grid.Y);
                        int z = (int)(i / level.Grid.X / level.Grid.Y);
                        byte[] expected = DemoDataset.Cut(volume, level, x, y, z);
                        Compare(DemoDataset.BlockPath(container, setup, timepoint, level.Index, x, y, z), level.SizeAt(x, y, z), expected);
                        blocks++;
                        empty += expected.AsSpan().ContainsAnyExcept((byte)0) ? 0 : 1;
                        voxels += expected.Length / sizeof(ushort);
                    }
                }
            }
        }

        return new Counts(blocks, empty, voxels);
    }

    private static void Compare(string path, Size3 size, byte[] expected)
    {
        byte[] file = File.ReadAllBytes(path);
        bool sized = file.Length == HeaderBytes + expected.Length && BinaryPrimitives.ReadInt32BigEndian(file) == 3;
        for (int axis = 0; sized && axis < 3; axis++)
        {
            sized = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(4 + (4 * axis))) == size[axis];
        }

        if (!sized)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, $"{path}: not a raw block of {size} voxels ({file.Length} bytes)");
        }

        int difference = file.AsSpan(HeaderBytes).CommonPrefixLength(expected);
        if (difference < expected.Length)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local, $"{path}: byte {HeaderBytes + difference} is {file[HeaderBytes + difference]}, not {expected[difference]}");
        }
    }
}
