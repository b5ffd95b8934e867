using System.Globalization;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using Spectre.Console;

namespace DataStoreFS.Cli.Info;

/// <summary>A dataset as a table for people.</summary>
internal static class DatasetTable
{
    public static void Show(IAnsiConsole console, SourceAddress source, VolumeInfo volume)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        Row(grid, "dataset", volume.Label is null ? volume.Uuid : $"{volume.Uuid} ({volume.Label})");
        Row(grid, "server", source.Server);
        Row(
            grid,
            "version",
            volume.RequestedVersion == volume.ResolvedVersion
                ? volume.ResolvedVersion
                : $"{volume.RequestedVersion}, which is {volume.ResolvedVersion}");
        Row(grid, "all versions", string.Join(", ", volume.Versions));
        Row(grid, "size", $"{volume.Dimensions} voxels of {Name(volume)}");
        Row(grid, "voxel size", $"{string.Join(" x ", volume.VoxelSize.Select(Number))} {volume.VoxelUnit}");
        Row(grid, "timepoints", $"{volume.TimepointIds.Count} ({Ranges.Describe(volume.TimepointIds)})");
        Row(
            grid,
            "setups",
            $"{volume.Setups.Count} ({volume.Setups.Select(s => s.ChannelId).Distinct().Count()} channels, "
                + $"{volume.Setups.Select(s => s.AngleId).Distinct().Count()} angles)");
        Row(grid, "on the server", $"{volume.Compression ?? "unknown compression"}");
        Row(grid, "uncompressed", Quantities.FormatSize(DatasetBytes.Of(volume)));
        console.Write(grid);
        if (volume.Setups.Count > 0)
        {
            console.Write(Levels(volume));
            console.Write(Setups(volume));
        }
    }

    private static string Name(VolumeInfo volume) => volume.VoxelType.Name();

    private static Table Levels(VolumeInfo volume)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in (string[])["level", "factors", "voxels", "block", "grid", "blocks", "uncompressed"])
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        foreach (LevelInfo level in volume.Setups[0].Levels)
        {
            table.AddRow(
                $"s{level.Index}",
                level.Factors.ToString(),
                level.Dimensions.ToString(),
                level.BlockSize.ToString(),
                level.Grid.ToString(),
                level.Grid.Count.ToString("N0", CultureInfo.InvariantCulture),
                Quantities.FormatSize(level.Dimensions.Count * volume.VoxelType.Bytes()));
        }

        return table.Caption("of one setup at one timepoint");
    }

    private static Table Setups(VolumeInfo volume)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in (string[])["setup", "name", "channel", "angle", "voxels"])
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        foreach (SetupInfo setup in volume.Setups)
        {
            table.AddRow(
                new Text(Number(setup.Id)), new Text(setup.Name), new Text(Number(setup.ChannelId)), new Text(Number(setup.AngleId)),
                new Text(setup.Levels[0].Dimensions.ToString()));
        }

        return table;
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Row(Grid grid, string name, string value) =>
        grid.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(value));
}
