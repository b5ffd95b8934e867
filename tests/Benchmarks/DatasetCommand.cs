using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Traces;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using Mono.Unix.Native;

namespace Benchmarks;

/// <summary>
/// <c>dataset tree|bigtree FOLDER</c>: the dataset on which the traces were recorded, as a DataStore keeps it (<c>FOLDER/UUID/0/export.xml</c> and
/// <c>export.n5</c>) and as any other server of files can serve it. All blocks of a size are hard links to one file of noise, so that 3.5 GB take 1
/// MB and the origin's disk plays no part.
/// </summary>
internal static class DatasetCommand
{
    // ext4 allows 65,000 links of a file.
    private const int MostLinks = 60_000;

    public static int Run(string name, string folder)
    {
        VolumeInfo volume = name switch
        {
            "tree" => TraceGeometry.Tree,
            "bigtree" => TraceGeometry.BigTree,
            _ => throw new ArgumentException($"there is no dataset '{name}': tree or bigtree"),
        };
        string top = Path.Combine(Path.GetFullPath(folder), volume.Uuid, volume.ResolvedVersion);
        VolumeTree tree = new(volume, new VolumeFiles(new N5View(volume), Encoding.UTF8.GetBytes(Xml(volume))));
        LinkedBlocks blocks = new(volume.VoxelType.Bytes());
        WriteFolder(tree, new Node(NodeKind.Top), top, blocks);
        Console.WriteLine($"{blocks.Count} blocks, {blocks.Bytes / 1e9:F1} GB seen, in {top}");
        return 0;
    }

    private static void WriteFolder(VolumeTree tree, in Node folder, string path, LinkedBlocks blocks)
    {
        Directory.CreateDirectory(path);
        Span<byte> name = stackalloc byte[NodeNames.MaximumLength];
        for (long i = 0; i < tree.ChildCount(folder); i++)
        {
            Node child = tree.ChildAt(folder, i);
            string childPath = Path.Combine(path, Encoding.ASCII.GetString(name[..tree.WriteName(child, name)]));
            if (child.Kind == NodeKind.Block)
            {
                blocks.Link(tree.LevelOf(child).SizeAt(child.X, child.Y, child.Z), childPath);
            }
            else if (child.IsDirectory)
            {
                WriteFolder(tree, child, childPath, blocks);
            }
            else
            {
                File.WriteAllBytes(childPath, tree.ContentOf(child).Span);
            }
        }
    }

    private static string Xml(VolumeInfo volume)
    {
        string setups = string.Concat(volume.Setups.Select(s =>
            $"<ViewSetup><id>{s.Id}</id><name>{s.Name}</name><size>{volume.Dimensions.X} {volume.Dimensions.Y} {volume.Dimensions.Z}</size>"
            + "<voxelSize><unit>µm</unit><size>0.5 0.5 1.0</size></voxelSize>"
            + $"<attributes><illumination>0</illumination><channel>{s.ChannelId}</channel><tile>0</tile><angle>0</angle></attributes></ViewSetup>"));
        string channels = string.Concat(volume.Setups.Select(s => $"<Channel><id>{s.ChannelId}</id><name>{s.ChannelId}</name></Channel>"));
        string registrations = string.Concat(
            from timepoint in volume.TimepointIds
            from setup in volume.Setups
            select $"<ViewRegistration timepoint=\"{timepoint}\" setup=\"{setup.Id}\"><ViewTransform type=\"affine\"><Name>calibration</Name>"
                + "<affine>1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 2.0 0.0</affine></ViewTransform></ViewRegistration>");
        return $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <SpimData version="0.2"><BasePath type="relative">.</BasePath>
            <SequenceDescription><ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">export.n5</n5></ImageLoader>
            <ViewSetups>{setups}
            <Attributes name="illumination"><Illumination><id>0</id><name>0</name></Illumination></Attributes>
            <Attributes name="channel">{channels}</Attributes>
            <Attributes name="tile"><Tile><id>0</id><name>0</name></Tile></Attributes>
            <Attributes name="angle"><Angle><id>0</id><name>0</name></Angle></Attributes></ViewSetups>
            <Timepoints type="range"><first>{volume.TimepointIds[0]}</first><last>{volume.TimepointIds[^1]}</last></Timepoints>
            </SequenceDescription><ViewRegistrations>{registrations}</ViewRegistrations></SpimData>
            """;
    }

    private sealed class LinkedBlocks(int voxelBytes)
    {
        private readonly Dictionary<Size3, (string Path, int Links)> _firsts = [];

        public int Count { get; private set; }

        public long Bytes { get; private set; }

        public void Link(Size3 size, string path)
        {
            int length = BlockBuffer.HeaderBytes + checked((int)size.Count * voxelBytes);
            Count++;
            Bytes += length;
            File.Delete(path);
            if (_firsts.TryGetValue(size, out (string Path, int Links) first) && first.Links < MostLinks && Syscall.link(first.Path, path) == 0)
            {
                _firsts[size] = (first.Path, first.Links + 1);
                return;
            }

            byte[] file = new byte[length];
            new Random(Count).NextBytes(file);
            N5Header.Write(file, size);
            File.WriteAllBytes(path, file);
            _firsts[size] = (path, 1);
        }
    }
}
