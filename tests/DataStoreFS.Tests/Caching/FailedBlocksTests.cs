using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Caching;

public sealed class FailedBlocksTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void TheDelayDoublesFrom10MillisecondsTo2Seconds()
    {
        FailedBlocks failed = new(_time);
        List<double> delays = [];
        for (int i = 0; i < 10; i++)
        {
            failed.Failed(Key(1));
            delays.Add(failed.DelayOf(Key(1)).TotalMilliseconds);
        }

        Assert.Equal([10, 20, 40, 80, 160, 320, 640, 1280, 2000, 2000], delays);
        Assert.Equal(TimeSpan.Zero, failed.DelayOf(Key(2)));
    }

    [Fact]
    public void TimePassedCounts()
    {
        FailedBlocks failed = new(_time);
        failed.Failed(Key(1));
        _time.Advance(TimeSpan.FromMilliseconds(4));
        Assert.Equal(6, failed.DelayOf(Key(1)).TotalMilliseconds);
        _time.Advance(TimeSpan.FromMilliseconds(6));
        Assert.Equal(TimeSpan.Zero, failed.DelayOf(Key(1)));
    }

    [Fact]
    public void SuccessAndAMinuteForget()
    {
        FailedBlocks failed = new(_time);
        failed.Failed(Key(1));
        failed.Failed(Key(1));
        failed.Succeeded(Key(1));
        failed.Failed(Key(1));
        Assert.Equal(10, failed.DelayOf(Key(1)).TotalMilliseconds);

        failed.Failed(Key(1));
        _time.Advance(TimeSpan.FromMinutes(2));
        failed.Failed(Key(1));
        Assert.Equal(10, failed.DelayOf(Key(1)).TotalMilliseconds);
    }

    [Fact]
    public void ManyFailuresTakeBoundedMemory()
    {
        FailedBlocks failed = new(_time, capacity: 100);
        for (int x = 0; x < 10_000; x++)
        {
            failed.Failed(Key(x));
        }

        Assert.InRange(Enumerable.Range(0, 10_000).Count(x => failed.DelayOf(Key(x)) > TimeSpan.Zero), 1, 100);
    }

    private static BlockKey Key(int x) => new(0, 0, 0, 0, x, 0, 0);
}
