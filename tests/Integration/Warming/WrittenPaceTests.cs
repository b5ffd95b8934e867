using DataStoreFS.Caching.Disk;
using DataStoreFS.Cli.Warming;

namespace Integration.Warming;

public sealed class WrittenPaceTests
{
    [Fact]
    public async Task ItAsksAgainUntilFewEnoughWait()
    {
        Queue<long> waiting = new([9, 5, 4, 3]);
        int pauses = 0;
        WrittenPace pace = new(_ => Task.FromResult(Saying(waiting.Dequeue())), _ => Task.FromResult(pauses++));
        Assert.Equal(4, (await pace.WaitAsync(4, default)).Waiting);
        Assert.Equal((2, 1), (pauses, waiting.Count));
    }

    [Fact]
    public async Task ADiskThatStandsStillIsLeftWhenCancelled()
    {
        using CancellationTokenSource stop = new();
        WrittenPace pace = new(
            _ => Task.FromResult(Saying(1)),
            token => stop.CancelAsync().ContinueWith(_ => token.ThrowIfCancellationRequested(), TaskScheduler.Default));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pace.WaitAsync(0, stop.Token));
    }

    private static DiskTierStatistics Saying(long waiting) => new(0, 0, 0, 0, 0, 0, 0, 0, 0) { Waiting = waiting };
}
