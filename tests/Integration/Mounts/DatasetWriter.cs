using DataStoreFS.Model;
using DataStoreFS.Tree;
using DataStoreFS.Views;

namespace Integration.Mounts;

/// <summary>
/// Writes a made-up volume as a DataStore server keeps it: <c>UUID/VERSION/export.xml</c> beside <c>export.n5</c>, raw blocks, clipped edges.
/// </summary>
internal static class DatasetWriter
{
    public static void Write(string folder, VolumeInfo volume, Func<BlockKey, bool> exists, int edition = 0)
    {
        string top = Path.Join(folder, volume.Uuid, volume.ResolvedVersion);
        VolumeTree tree = new(volume, new VolumeFiles(new N5View(volume), System.Text.Encoding.UTF8.GetBytes(Xml(volume))));
        WriteFiles(tree, new Node(NodeKind.Top), top);
        foreach ((int setup, int timepoint) in volume.MissingViews)
        {
            string view = tree.PathOf(Node.Of(new BlockKey(volume.Volume, setup, timepoint, 0, 0, 0, 0))).Split("/s0/")[0];
            Directory.Delete(Path.Join(top, view), recursive: true);
        }

        foreach (BlockKey key in TestVoxels.AllBlocks(volume))
        {
            if (exists(key) && !volume.MissingViews.Contains((key.Setup, key.Timepoint)))
            {
                WriteBlock(folder, volume, key, edition);
            }
        }
    }

    public static void WriteBlock(string folder, VolumeInfo volume, in BlockKey key, int edition = 0)
    {
        VolumeTree tree = new(volume, new VolumeFiles(new N5View(volume), default));
        string path = Path.Join(folder, volume.Uuid, volume.ResolvedVersion, tree.PathOf(Node.Of(key)));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path + ".new", TestVoxels.FileOf(volume, key, edition));
        File.Move(path + ".new", path, overwrite: true);
    }

    private static void WriteFiles(VolumeTree tree, Node directory, string path)
    {
        Directory.CreateDirectory(path);
        Span<byte> name = stackalloc byte[NodeNames.MaximumLength];
        for (long i = 0; i < tree.ChildCount(directory); i++)
        {
            Node child = tree.ChildAt(directory, i);
            string childPath = Path.Join(path, System.Text.Encoding.ASCII.GetString(name[..tree.WriteName(child, name)]));
            if (!child.IsDirectory)
            {
                File.WriteAllBytes(childPath, tree.ContentOf(child).Span);
            }
            else if (child.Kind != NodeKind.Column)
            {
                WriteFiles(tree, child, childPath);
            }
        }
    }

    private static string Xml(VolumeInfo volume)
    {
        string setups = string.Concat(volume.Setups.Select(s => $"""
            <ViewSetup><id>{s.Id}</id><name>{s.Name}</name>
              <size>{s.Levels[0].Dimensions.X} {s.Levels[0].Dimensions.Y} {s.Levels[0].Dimensions.Z}</size>
              <voxelSize><unit>um</unit><size>{string.Join(' ', volume.VoxelSize)}</size></voxelSize>
              <attributes><illumination>0</illumination><channel>{s.ChannelId}</channel><tile>0</tile><angle>{s.AngleId}</angle></attributes>
            </ViewSetup>
            """));
        string channels = string.Concat(
            volume.Setups.Select(s => s.ChannelId).Distinct().Select(c => $"<Channel><id>{c}</id><name>{c}</name></Channel>"));
        string angles = string.Concat(volume.Setups.Select(s => s.AngleId).Distinct().Select(a => $"<Angle><id>{a}</id><name>{a}</name></Angle>"));
        string registrations = string.Concat(
            from s in volume.Setups
            from t in volume.TimepointIds
            select $"<ViewRegistration timepoint=\"{t}\" setup=\"{s.Id}\"><ViewTransform type=\"affine\"><Name>c</Name><affine>1.0 0.0 0.0 {t}.0 "
                + "0.0 1.0 0.0 0.0 0.0 0.0 2.0 0.0</affine></ViewTransform></ViewRegistration>");
        string missing = string.Concat(volume.MissingViews.Select(
            view => $"<MissingView timepoint=\"{volume.TimepointIds[view.Timepoint]}\" setup=\"{volume.Setups[view.Setup].Id}\"/>"));
        return $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <SpimData version="0.2"><BasePath type="relative">.</BasePath>
            <SequenceDescription><ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">export.n5</n5></ImageLoader>
            <ViewSetups>{setups}
              <Attributes name="illumination"><Illumination><id>0</id><name>0</name></Illumination></Attributes>
              <Attributes name="channel">{channels}</Attributes>
              <Attributes name="tile"><Tile><id>0</id><name>0</name></Tile></Attributes>
              <Attributes name="angle">{angles}</Attributes>
            </ViewSetups>
            <Timepoints type="pattern"><integerpattern>{string.Join(',', volume.TimepointIds)}</integerpattern></Timepoints>
            <MissingViews>{missing}</MissingViews></SequenceDescription><ViewRegistrations>{registrations}</ViewRegistrations></SpimData>
            """;
    }
}
