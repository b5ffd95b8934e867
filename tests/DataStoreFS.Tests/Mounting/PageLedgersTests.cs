using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Kernel;

namespace DataStoreFS.Tests.Mounting;

public sealed class PageLedgersTests
{
    private static readonly TimeSpan s_maxAge = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_missingAge = TimeSpan.FromSeconds(8);

    [Fact]
    public void ZerosExpireWithWhatIsLeftOfTheirAgeAndBlocksWithTheirs()
    {
        PageLedgers ledgers = new(s_maxAge, s_missingAge);
        ledgers.Blocks.Record(1, 100_000);
        ledgers.RecordMissing(2, s_missingAge, 100_000);
        ledgers.RecordMissing(3, TimeSpan.FromSeconds(2), 100_000);
        Assert.Empty(ledgers.TakeExpired(100_500));
        Assert.Equal([3UL], ledgers.TakeExpired(102_000));
        Assert.Equal([2UL], ledgers.TakeExpired(108_000));
        Assert.Equal([1UL], ledgers.TakeExpired(700_000));
    }

    [Fact]
    public void ZerosOfWhatCannotChangeStayAsLongAsBlocks()
    {
        PageLedgers ledgers = new(s_maxAge, s_missingAge);
        ledgers.RecordMissing(2, TimeSpan.MaxValue, 100_000);
        Assert.Empty(ledgers.TakeExpired(200_000));
        Assert.True(ledgers.Take(2));
        Assert.False(ledgers.Take(2));
    }

    [Fact]
    public void AnEndlessAgeOfBlocksIsNotThatOfZeros()
    {
        PageLedgers ledgers = new(MountSettings.Never, s_missingAge);
        ledgers.Blocks.Record(1, 100_000);
        ledgers.RecordMissing(2, s_missingAge, 100_000);
        Assert.Equal([2UL], ledgers.TakeExpired(108_000));
        Assert.Equal(s_missingAge, ledgers.Shortest);
        Assert.Equal([1UL], ledgers.TakeAll());
    }

    [Fact]
    public void ZerosThatAreGoodForNoTimeGoAtOnceAndWhereOpeningAsksNothingExpires()
    {
        PageLedgers ledgers = new(s_maxAge, TimeSpan.Zero);
        ledgers.RecordMissing(2, TimeSpan.Zero, 100_000);
        Assert.Equal([2UL], ledgers.TakeExpired(100_010));

        ledgers = new PageLedgers(TimeSpan.Zero, s_missingAge);
        ledgers.RecordMissing(2, TimeSpan.Zero, 100_000);
        Assert.Empty(ledgers.TakeExpired(long.MaxValue));
        Assert.Equal(MountSettings.Never, ledgers.Shortest);
    }
}
