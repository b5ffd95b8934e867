using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Demo;

/// <summary>
/// Writes the embryo as a DataStore server keeps it: <c>UUID/0/export.xml</c> beside <c>export.n5</c>, gzip, edge blocks clipped. Blocks in which
/// there is nothing are not written. Deliberately none of the product's own N5 code, since <see cref="DemoCheck"/> tests that against this.
/// </summary>
internal static class DemoDataset
{
    /// <param name="folder">The server's folder.</param>
    /// <param name="seed">Of the embryo.</param>
    /// <param name="progress">Told 0 to 1.</param>
    /// <param name="cancellationToken">Ends it between two images.</param>
    public static void Write(string folder, int seed, Action<double> progress, CancellationToken cancellationToken)
    {
        string version = Path.Combine(folder, DemoShape.Uuid, "0");
        string container = Path.Combine(version, "export.n5");
        Directory.CreateDirectory(container);
        File.WriteAllText(Path.Combine(folder, DemoShape.Uuid, "demo embryo"), ""); // the server takes a plain file's name as the label
        File.WriteAllText(Path.Combine(version, "export.xml"), DemoXml.Write());
        File.WriteAllText(Path.Combine(container, "attributes.json"), """{"n5":"2.2.1"}""");
        var embryo = new DemoEmbryo(seed);
        int done = 0;
        for (int channel = 0; channel < DemoShape.Channels; channel++)
        {
            WriteSetup(container, channel);
            for (int timepoint = 0; timepoint < DemoShape.Timepoints; timepoint++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WriteTimepoint(container, channel, timepoint, embryo.Render(channel, timepoint));
                progress((double)++done / (DemoShape.Channels * DemoShape.Timepoints));
            }
        }
    }

    public static string BlockPath(string container, int setup, int timepoint, int level, int x, int y, int z) =>
        string.Create(CultureInfo.InvariantCulture, $"{container}/setup{setup}/timepoint{timepoint}/s{level}/{x}/{y}/{z}");

    /// <summary>The voxels of one block, big-endian, clipped at the far edges.</summary>
    public static byte[] Cut(DemoVolume volume, LevelInfo level, int x, int y, int z)
    {
        Size3 size = level.SizeAt(x, y, z);
        byte[] bytes = new byte[size.Count * sizeof(ushort)];
        Span<ushort> voxels = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
        for (int dz = 0; dz < size.Z; dz++)
        {
            for (int dy = 0; dy < size.Y; dy++)
            {
                ReadOnlySpan<ushort> row = volume.Row((y * level.BlockSize.Y) + dy, (z * level.BlockSize.Z) + dz)
                    .Slice((int)(x * level.BlockSize.X), (int)size.X);
                BinaryPrimitives.ReverseEndianness(row, voxels.Slice((int)(((dz * size.Y) + dy) * size.X), row.Length));
            }
        }

        return bytes;
    }

    private static void WriteSetup(string container, int setup)
    {
        string factors = string.Join(',', DemoShape.Levels.Select(l => Triple(l.Factors)));
        WriteAttributes($"{container}/setup{setup}", $$"""{"downsamplingFactors":[{{factors}}],"dataType":"uint16"}""");
    }

    private static void WriteTimepoint(string container, int setup, int timepoint, DemoVolume full)
    {
        string folder = $"{container}/setup{setup}/timepoint{timepoint}";
        WriteAttributes(folder, """{"multiScale":true,"resolution":[0.4,0.4,1.6]}""");
        foreach (LevelInfo level in DemoShape.Levels)
        {
            WriteAttributes(
                $"{folder}/s{level.Index}",
                "{\"compression\":{\"type\":\"gzip\",\"useZlib\":false,\"level\":-1},\"downsamplingFactors\":" + Triple(level.Factors)
                    + ",\"blockSize\":" + Triple(level.BlockSize) + ",\"dataType\":\"uint16\",\"dimensions\":" + Triple(level.Dimensions) + "}");
            DemoVolume volume = level.Index == 0 ? full : full.Shrink(level.Factors, level.Dimensions);
            Parallel.For(0, (int)level.Grid.Count, i =>
            {
                int x = (int)(i % level.Grid.X);
                int y = (int)(i / level.Grid.X % level.Grid.Y);
                int z = (int)(i / level.Grid.X / level.Grid.Y);
                byte[] voxels = Cut(volume, level, x, y, z);
                if (voxels.AsSpan().ContainsAnyExcept((byte)0))
                {
                    WriteBlock(BlockPath(container, setup, timepoint, level.Index, x, y, z), level.SizeAt(x, y, z), voxels);
                }
            });
        }
    }

    private static void WriteBlock(string path, Size3 size, byte[] voxels)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteInt32BigEndian(header, 3); // mode 0 (u16), 3 dimensions (u16)
        for (int axis = 0; axis < 3; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header[(4 + (4 * axis))..], (int)size[axis]);
        }

        file.Write(header);
        using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        gzip.Write(voxels);
    }

    private static void WriteAttributes(string folder, string json)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(folder + "/attributes.json", json, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    private static string Triple(Size3 size) => $"[{size.X},{size.Y},{size.Z}]";
}
