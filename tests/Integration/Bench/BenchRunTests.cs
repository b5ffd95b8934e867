using System.Collections.Concurrent;
using DataStoreFS.Cli.Bench;

namespace Integration.Bench;

public sealed class BenchRunTests
{
    private static readonly string[] s_files = [.. Enumerable.Range(0, 100).Select(i => $"{i}")];

    [Fact]
    public void OneThreadTakesThemInTheirOrder()
    {
        List<string> taken = [];
        BenchRun run = BenchRun.Of(s_files, 100, 1, (file, _) =>
        {
            taken.Add(file);
            return 10;
        });
        Assert.Equal(s_files, taken);
        Assert.Equal(s_files, run.Done);
        Assert.Equal((1, 0, 1000, 100), (run.Threads, run.Missing, run.Bytes, run.Latencies.Count));
        Assert.True(run.Time >= run.Latencies[^1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void MissingFilesAreReplacedByOthersSoThatExactlyAsManyAreReadAsAreWanted(int threads)
    {
        ConcurrentDictionary<string, int> taken = new();
        BenchRun run = BenchRun.Of(
            s_files, 20, threads, (file, _) => taken.AddOrUpdate(file, 1, (_, n) => n + 1) == 1 && int.Parse(file) % 3 != 0 ? 5 : -1);
        Assert.Equal((20, 100), (run.Done.Count, run.Bytes));
        Assert.All(run.Done, file => Assert.NotEqual(0, int.Parse(file) % 3));
        Assert.Equal(taken.Count, run.Done.Count + run.Missing);
        Assert.Equal(run.Latencies.Count, taken.Count);
    }

    [Fact]
    public void WhereThereAreTooFewAllAreRead()
    {
        BenchRun run = BenchRun.Of(s_files, 1000, 8, (file, _) => file == "7" ? -1 : 1);
        Assert.Equal((99, 1), (run.Done.Count, run.Missing));
    }

    [Fact]
    public void AFaultEndsAllThreadsAndIsTold()
    {
        int taken = 0;
        IOException fault = Assert.Throws<IOException>(
            () => BenchRun.Of(s_files, 100, 4, (file, _) => Interlocked.Increment(ref taken) == 10 ? throw new IOException("broken") : 1));
        Assert.Equal("broken", fault.Message);
    }

    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(0.95, 95)]
    [InlineData(0, 1)]
    [InlineData(1, 100)]
    public void APercentileIsTheTimeWithinWhichThatShareWasDone(double share, int milliseconds)
    {
        BenchRun run = new(1, [], 0, 0, TimeSpan.Zero, [.. Enumerable.Range(1, 100).Select(i => TimeSpan.FromMilliseconds(i))]);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), run.Percentile(share));
    }

    [Fact]
    public void NothingHasNoTime() => Assert.Equal(TimeSpan.Zero, BenchRun.Of([], 1, 2, (_, _) => 1).Percentile(0.5));
}
