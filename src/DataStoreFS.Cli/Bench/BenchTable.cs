using System.Globalization;
using DataStoreFS.Cli.Options;
using Spectre.Console;

namespace DataStoreFS.Cli.Bench;

/// <summary>A report for people: 80 columns wide.</summary>
internal static class BenchTable
{
    private static readonly string[] s_headings = ["", "files", "MB", "MB/s", "files/s", "p50 ms", "p95 ms", "req/blk", "cached"];

    public static void Show(IAnsiConsole console, BenchReport report)
    {
        BenchEnvironment environment = report.Environment;
        string machine = $"Linux {environment.Kernel} {environment.Architecture}, {environment.Cores} cores";
        Write(console, $"datastorefs {environment.Version}, {machine}, load {environment.Load:0.##}, {environment.Time:u}");
        Write(console, $"{environment.FileSystem} ({environment.MountOptions})");
        if (environment.Mount is { } mount)
        {
            string disk = mount.DiskSize is long size ? $"{Quantities.FormatSize(mount.DiskBytes ?? 0)} of {Quantities.FormatSize(size)}" : "none";
            string memory = $"{Quantities.FormatSize(mount.CacheBytes)} of {Quantities.FormatSize(mount.CacheBudget)}";
            Write(console, $"version {mount.Dataset}, missing blocks {mount.Missing}, cache {memory}, disk cache {disk}");
        }

        Write(console, $"{report.Data.Images}: blocks of {report.Data.BlockSize}, {Quantities.FormatSize(report.Data.BlockBytes)}");
        Table table = new Table().Border(TableBorder.None);
        foreach (string heading in s_headings)
        {
            TableColumn column = new TableColumn(new Text(heading, new Style(decoration: Decoration.Dim)))
            {
                Padding = new Padding(0, 0, heading == s_headings[^1] ? 0 : 1, 0),
            }.NoWrap();
            table.AddColumn(heading.Length == 0 ? column : column.RightAligned());
        }

        foreach (BenchPhase phase in report.Phases)
        {
            table.AddRow([.. Cells(phase).Select(cell => new Text(cell))]);
        }

        console.Write(table);
        foreach (string note in report.Notes)
        {
            Write(console, $"- {note}");
        }
    }

    private static IEnumerable<string> Cells(BenchPhase phase)
    {
        bool reads = phase.Bytes > 0;
        int names = phase.Files + phase.Missing;
        yield return phase.Name;
        yield return names.ToString("N0", CultureInfo.InvariantCulture);
        yield return reads ? Number(phase.Bytes / 1e6) : "";
        yield return reads ? Number(phase.MegabytesPerSecond) : "";
        yield return Number(phase.NamesPerSecond);
        yield return phase.P50Milliseconds.ToString("0.000", CultureInfo.InvariantCulture);
        yield return phase.P95Milliseconds.ToString("0.000", CultureInfo.InvariantCulture);
        yield return reads && phase is { ServerRequests: long requests, Files: > 0 }
            ? (requests / (double)phase.Files).ToString("0.00", CultureInfo.InvariantCulture)
            : "";
        yield return !reads ? "" : phase.Cached is long cached ? cached.ToString("N0", CultureInfo.InvariantCulture) : "?";
    }

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    // As text: brackets in a path are no markup.
    private static void Write(IAnsiConsole console, FormattableString line) => console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
