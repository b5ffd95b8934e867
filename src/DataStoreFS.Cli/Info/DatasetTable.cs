using System.Globalization;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using Spectre.Console;

namespace DataStoreFS.Cli.Info;

/// <summary>A dataset as a table for people.</summary>
internal static class DatasetTable
{
    // Tables fit into 80 columns for datasets of any size that there is.
    private static readonly Padding s_narrow = new(0, 0, 1, 0);

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
            $"{volume.Setups.Count} ({Count(volume.Setups.Select(s => s.ChannelId).Distinct().Count(), "channel")}, "
                + $"{Count(volume.Setups.Select(s => s.AngleId).Distinct().Count(), "angle")})");
        Row(grid, "on the server", $"{volume.Compression ?? "unknown compression"}");
        Row(grid, "uncompressed", Quantities.FormatSize(DatasetBytes.Of(volume)));
        console.Write(grid);
        if (volume.Setups.Count > 0)
        {
            console.Write(Levels(volume));
            console.Write(Setups(volume));
        }
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static string Name(VolumeInfo volume) => volume.VoxelType.Name();

    private static Table Levels(VolumeInfo volume)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in (string[])["", "factors", "voxels", "block", "grid", "blocks", "size"])
        {
            table.AddColumn(new TableColumn(column) { Padding = s_narrow }.NoWrap());
        }

        foreach (LevelInfo level in volume.Setups[0].Levels)
        {
            table.AddRow(
                $"s{level.Index}",
                Narrow(level.Factors),
                Narrow(level.Dimensions),
                Narrow(level.BlockSize),
                Narrow(level.Grid),
                level.Grid.Count.ToString("N0", CultureInfo.InvariantCulture),
                Quantities.FormatSize(level.Dimensions.Count * volume.VoxelType.Bytes()));
        }

        return table.Caption("of one setup at one timepoint, uncompressed");
    }

    private static Table Setups(VolumeInfo volume)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in (string[])["setup", "name", "channel", "angle", "voxels"])
        {
            table.AddColumn(new TableColumn(column) { Padding = s_narrow });
        }

        foreach (SetupInfo setup in volume.Setups)
        {
            table.AddRow(
                new Text(Number(setup.Id)), new Text(setup.Name), new Text(Number(setup.ChannelId)), new Text(Number(setup.AngleId)),
                new Text(Narrow(setup.Levels[0].Dimensions)));
        }

        return table;
    }

    private static string Narrow(Size3 size) => string.Create(CultureInfo.InvariantCulture, $"{size.X}x{size.Y}x{size.Z}");

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Row(Grid grid, string name, string value) =>
        grid.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(value));
}
