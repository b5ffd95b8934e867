using DataStoreFS.Caching.Disk;
using DataStoreFS.Cli;
using DataStoreFS.Cli.Bench;
using DataStoreFS.Cli.Info;
using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Trees;
using DataStoreFS.Model;
using Integration.Mounts;
using Spectre.Console;

namespace Integration.Cli;

/// <summary>What people see: tables, addresses, warnings.</summary>
public class ScreenTests
{
    [Theory]
    [InlineData("a  b   \n  c\n", false, "a  b\n  c\n")]
    [InlineData("─┼─ ä …  \n", true, "-+- ä ~\n")]
    [InlineData("─┼─  \n", false, "─┼─\n")]
    public void LinesEndWithTheirLastWord(string text, bool ascii, string expected)
    {
        using StringWriter output = new();
        using PlainWriter writer = new(output, ascii);
        writer.Write(text);
        Assert.Equal(expected, output.ToString());
    }

    [Fact]
    public void ALargeDatasetFitsIntoEightyColumns()
    {
        Size3 large = new(20_480, 20_480, 10_240);
        VolumeInfo volume = Volumes.Make(
            "0", [0], [0], [0], new LevelInfo(0, new Size3(1, 1, 1), large, new Size3(64, 64, 64)),
            new LevelInfo(1, new Size3(16, 16, 16), new Size3(1280, 1280, 640), new Size3(128, 128, 128)));
        string shown = Show(console => DatasetTable.Show(console, SourceAddress.Parse("http://h/datasets/u"), volume));
        Assert.Contains("20480x20480x10240", shown, StringComparison.Ordinal);
        Assert.Contains("16,384,000", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("…", shown, StringComparison.Ordinal);
        Assert.Matches(@"factors +voxels +block +grid +blocks +size", shown);
    }

    [Fact]
    public void ALongBenchmarkFitsIntoEightyColumns()
    {
        BenchPhase phase = new()
        {
            Name = "stat missing again",
            Threads = 8,
            Files = 99_999,
            Missing = 0,
            Bytes = 99_999_000_000,
            Seconds = 10,
            P50Milliseconds = 1234.567,
            P95Milliseconds = 2345.678,
            ServerBlocks = 5,
            ServerRequests = 99_999,
        };
        BenchReport report = new()
        {
            Environment = BenchEnvironment.Of(MountedAt.Of("/proc/self"), null),
            Data = new BenchData("setup0/timepoint0/s0", "64 x 64 x 64", 524_304),
            Phases = [phase],
            Notes = [],
        };
        string shown = Show(console => BenchTable.Show(console, report));
        Assert.Matches(@"files +MB +MB/s +files/s +p50 ms +p95 ms +req/blk +cached", shown);
        Assert.Matches(@"stat missing again +99,999 +99,999 +10,000 +10,000 +1234\.567 +2345\.678 +1\.00 +99,994", shown);
    }

    [Fact]
    public void AnAddressOfEveryInterfaceIsShownAsOneThatOthersCanUse()
    {
        Assert.Equal("http://127.0.0.1:5", ThisHost.Reachable(new Uri("http://127.0.0.1:5")));
        Assert.Equal("http://[::1]:5", ThisHost.Reachable(new Uri("http://[::1]:5")));
        foreach (string all in (string[])["http://0.0.0.0:5", "http://[::]:5"])
        {
            Uri shown = new(ThisHost.Reachable(new Uri(all)));
            Assert.Equal(5, shown.Port);
            Assert.DoesNotContain(shown.Host, (string[])["0.0.0.0", "[::]", "127.0.0.1"]);
        }
    }

    [Fact]
    public void ADiskCacheThatIsLargerThanItsDiskIsSaid()
    {
        string folder = Path.Combine(Path.GetTempPath(), "not", "there", "yet");
        Assert.Contains("give a smaller size", DiskRoom.Warning(new DiskTierOptions(folder, long.MaxValue)), StringComparison.Ordinal);
        Assert.Null(DiskRoom.Warning(new DiskTierOptions(folder, 16 << 20)));
    }

    private static string Show(Action<IAnsiConsole> show)
    {
        using StringWriter output = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 80;
        show(console);
        Assert.All(output.ToString().Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));
        return output.ToString();
    }
}
