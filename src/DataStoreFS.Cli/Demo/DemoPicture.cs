using System.Buffers.Binary;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Demo;

/// <summary>
/// What the demonstration shows: a slice in both channels, and below it the same slice at every timepoint from a coarser level, all read from block
/// files.
/// </summary>
internal static class DemoPicture
{
    private const int HeaderBytes = 16;
    private const int Enlarge = 2;
    private const int Gap = 2;

    // Nuclei and membranes in two colours that together make neither: they stay apart where they overlap.
    private static readonly float[][] s_colours = [[0.30f, 0.62f, 1.00f], [1.00f, 0.48f, 0.12f]];

    /// <param name="container">The mounted <c>export.n5</c>.</param>
    /// <param name="cancellationToken">Asked between block files.</param>
    public static Picture Render(string container, CancellationToken cancellationToken)
    {
        Picture slice = Plane(container, timepoint: 0, DemoShape.Levels[0], cancellationToken);
        slice = slice.Resize(slice.Width * Enlarge, slice.Height * Enlarge);
        int width = (slice.Width - (Gap * (DemoShape.Timepoints - 1))) / DemoShape.Timepoints;
        int height = width * slice.Height / slice.Width;
        var picture = new Picture(slice.Width, slice.Height + Gap + height);
        picture.Paste(slice, 0, 0);
        for (int timepoint = 0; timepoint < DemoShape.Timepoints; timepoint++)
        {
            Picture small = Plane(container, timepoint, DemoShape.Levels[1], cancellationToken).Resize(width, height);
            picture.Paste(small, timepoint * (width + Gap), slice.Height + Gap);
        }

        return picture;
    }

    /// <summary>The middle plane of one timepoint, both channels.</summary>
    public static Picture Plane(string container, int timepoint, LevelInfo level, CancellationToken cancellationToken)
    {
        var picture = new Picture((int)level.Dimensions.X, (int)level.Dimensions.Y);
        float[] light = new float[picture.Rgb.Length];
        for (int channel = 0; channel < DemoShape.Channels; channel++)
        {
            ushort[] voxels = ReadPlane(container, channel, timepoint, level, (int)level.Dimensions.Z / 2, cancellationToken);
            (float black, float white) = Contrast(voxels);
            for (int i = 0; i < voxels.Length; i++)
            {
                float value = MathF.Pow(Math.Clamp((voxels[i] - black) / (white - black), 0, 1), 0.8f);
                for (int c = 0; c < 3; c++)
                {
                    light[(i * 3) + c] += value * s_colours[channel][c];
                }
            }
        }

        for (int i = 0; i < light.Length; i++)
        {
            picture.Rgb[i] = (byte)(255 * Math.Min(light[i], 1));
        }

        return picture;
    }

    private static ushort[] ReadPlane(
        string container, int setup, int timepoint, LevelInfo level, int z, CancellationToken cancellationToken)
    {
        int width = (int)level.Dimensions.X;
        ushort[] plane = new ushort[width * level.Dimensions.Y];
        int gridZ = z / (int)level.BlockSize.Z;
        int inner = z % (int)level.BlockSize.Z;
        Parallel.For(0, (int)(level.Grid.X * level.Grid.Y), new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            int x = (int)(i % level.Grid.X);
            int y = (int)(i / level.Grid.X);
            Size3 size = level.SizeAt(x, y, gridZ);
            ReadOnlySpan<byte> voxels = File.ReadAllBytes(
                DemoDataset.BlockPath(container, setup, timepoint, level.Index, x, y, gridZ)).AsSpan(HeaderBytes);
            for (int row = 0; row < size.Y; row++)
            {
                int from = (int)(((inner * size.Y) + row) * size.X) * sizeof(ushort);
                int to = (int)(((((y * level.BlockSize.Y) + row) * width) + (x * level.BlockSize.X)));
                for (int column = 0; column < size.X; column++)
                {
                    plane[to + column] = BinaryPrimitives.ReadUInt16BigEndian(voxels[(from + (2 * column))..]);
                }
            }
        });
        return plane;
    }

    /// <summary>From the darkest tenth of what is not empty to the brightest two thousandths.</summary>
    private static (float Black, float White) Contrast(ushort[] voxels)
    {
        ushort[] sorted = [.. voxels.Where(v => v > 0).Order()];
        return sorted.Length == 0
            ? (0, 1)
            : (0.8f * sorted[sorted.Length / 10], Math.Max(sorted[sorted.Length * 998 / 1000], sorted[sorted.Length / 10] + 1));
    }
}
