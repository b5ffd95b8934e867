using System.Buffers;
using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace Integration.Transfer;

/// <summary>Makes local BigDataViewer N5 trees with this library's codecs: reproducible noise, some blocks missing.</summary>
internal sealed record SampleTree
{
    public VoxelType Type { get; init; } = VoxelType.UInt16;
    public N5Compression Compression { get; init; } = N5Compression.Gzip;
    public Size3 Dimensions { get; init; } = new(70, 45, 21);

    /// <summary>Whether sizes of levels are rounded up, as BigDataViewer does since 10.6.</summary>
    public bool RoundUp { get; init; }

    /// <summary>Whether edge blocks are full, as zarr writes them.</summary>
    public bool PadEdges { get; init; }

    public IReadOnlyList<int> Timepoints { get; init; } = [0, 1];
    public IReadOnlyList<(int Id, int Channel, int Angle, int Tile)> Setups { get; init; } = [(0, 0, 0, 0), (1, 1, 0, 0)];
    public IReadOnlyList<(Size3 Factors, Size3 Block)> Levels { get; init; } =
        [(new(1, 1, 1), new(32, 16, 8)), (new(2, 2, 1), new(32, 16, 8)), (new(4, 4, 2), new(16, 16, 8))];

    /// <summary>Whether a block is written.</summary>
    public Func<(int Setup, int Timepoint, int Level, int X, int Y, int Z), bool> Exists { get; init; } = at =>
        (at.Setup + at.Timepoint + at.Level + at.X + at.Y + at.Z) % 5 != 3;

    /// <summary>Further XML in the sequence description.</summary>
    public string Extra { get; init; } = "";

    /// <summary>Writes <c>export.xml</c> and <c>export.n5</c>.</summary>
    /// <returns>The XML's path.</returns>
    public string Write(string folder)
    {
        string container = Path.Combine(folder, "export.n5");
        Directory.CreateDirectory(container);
        File.WriteAllBytes(Path.Combine(container, "attributes.json"), N5Attributes.Root());
        LevelInfo[] levels = [.. Levels.Select((level, index) => new LevelInfo(index, level.Factors, Scaled(level.Factors), level.Block))];
        foreach ((int id, _, _, _) in Setups)
        {
            Directory.CreateDirectory(Path.Combine(container, $"setup{id}"));
            File.WriteAllBytes(Path.Combine(container, $"setup{id}", "attributes.json"), N5Attributes.Setup(levels, Type));
            foreach (int timepoint in Timepoints)
            {
                foreach (LevelInfo level in levels)
                {
                    WriteImage(Path.Combine(container, $"setup{id}/timepoint{timepoint}/s{level.Index}"), level, (id, timepoint));
                }
            }
        }

        string xml = Path.Combine(folder, "export.xml");
        File.WriteAllText(xml, Xml());
        return xml;
    }

    private Size3 Scaled(Size3 factors) => RoundUp
        ? new Size3(Up(Dimensions.X, factors.X), Up(Dimensions.Y, factors.Y), Up(Dimensions.Z, factors.Z))
        : new Size3(Math.Max(1, Dimensions.X / factors.X), Math.Max(1, Dimensions.Y / factors.Y), Math.Max(1, Dimensions.Z / factors.Z));

    private static long Up(long size, long factor) => (size + factor - 1) / factor;

    private void WriteImage(string folder, LevelInfo level, (int Setup, int Timepoint) view)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "attributes.json"), N5Attributes.Level(level, Type, Compression));
        for (int x = 0; x < level.Grid.X; x++)
        {
            for (int y = 0; y < level.Grid.Y; y++)
            {
                for (int z = 0; z < level.Grid.Z; z++)
                {
                    if (Exists((view.Setup, view.Timepoint, level.Index, x, y, z)))
                    {
                        WriteBlock(
                            folder,
                            level,
                            (x, y, z),
                            ((((((((((view.Setup * 31) + view.Timepoint) * 31) + level.Index) * 31) + x) * 31) + y) * 31) + z));
                    }
                }
            }
        }
    }

    /// <summary>One block of noise.</summary>
    public void WriteBlock(string folder, LevelInfo level, (int X, int Y, int Z) at, int seed)
    {
        Size3 size = PadEdges ? level.BlockSize : level.SizeAt(at.X, at.Y, at.Z);
        byte[] voxels = new byte[size.Count * Type.Bytes()];
        new Random(seed).NextBytes(voxels.AsSpan(0, voxels.Length / 2)); // half of it packs well
        ArrayBufferWriter<byte> file = new();
        N5BlockCodec.Encode(size, voxels, Compression, file);
        string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{at.X}/{at.Y}/{at.Z}"));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, file.WrittenSpan);
    }

    private string Xml()
    {
        string setups = string.Concat(Setups.Select(s => $"""
            <ViewSetup><id>{s.Id}</id><name>setup {s.Id}</name><size>{Dimensions.X} {Dimensions.Y} {Dimensions.Z}</size>
              <voxelSize><unit>um</unit><size>0.4 0.4 2.5</size></voxelSize>
              <attributes><illumination>0</illumination><channel>{s.Channel}</channel><tile>{s.Tile}</tile><angle>{s.Angle}</angle></attributes>
            </ViewSetup>
            """));
        string registrations = string.Concat(
            from t in Timepoints
            from s in Setups
            select $"""
                <ViewRegistration timepoint="{t}" setup="{s.Id}">
                  <ViewTransform type="affine"><Name>drift &amp; stage</Name><affine>1.0 0.0 0.0 {t}.25 0.0 1.0 0.0 -{s.Id}.5 0.0 0.0 1.0 0.0</affine></ViewTransform>
                  <ViewTransform type="affine"><affine>1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 6.25 1.0E-5</affine></ViewTransform>
                </ViewRegistration>
                """);
        return $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <SpimData version="0.2"><BasePath type="relative">.</BasePath>
            <SequenceDescription><ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">export.n5/</n5></ImageLoader>
            <ViewSetups>{setups}</ViewSetups>
            <Timepoints type="pattern"><integerpattern>{string.Join(',', Timepoints)}</integerpattern></Timepoints>{Extra}
            </SequenceDescription><ViewRegistrations>{registrations}</ViewRegistrations></SpimData>
            """;
    }
}
