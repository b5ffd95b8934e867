using DataStoreFS.N5;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.N5;

public sealed class PageCostTests
{
    private static readonly TimeSpan s_atHand = TimeSpan.FromMilliseconds(0.1);
    private static readonly TimeSpan s_dear = TimeSpan.FromMilliseconds(5);

    private readonly ManualTime _time = new();
    private readonly PageCost _cost;
    private TimeSpan _used;

    public PageCostTests() => _cost = new PageCost(() => _used, _time);

    [Fact]
    public void MemoryIsNotDearBeforeAnyWasTouchedNorWhenItIsAtHand()
    {
        Assert.False(_cost.IsDear);
        Touch(s_atHand, 100);
        Assert.False(_cost.IsDear);
    }

    [Fact]
    public void ADearPageNowAndThenIsNoSign()
    {
        for (int i = 0; i < 20; i++)
        {
            Touch(s_dear, 1);
            Touch(s_atHand, 7);
            Assert.False(_cost.IsDear);
        }
    }

    [Fact]
    public void TwoOfTheLastEightPagesMakeItDearAndItIsForgottenWhenNothingConfirmsIt()
    {
        Touch(s_dear, 1);
        Touch(s_atHand, 6);
        Assert.False(_cost.IsDear);
        Touch(s_dear, 1);
        Assert.True(_cost.IsDear);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(_cost.IsDear);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_cost.IsDear);
        Touch(s_atHand, 1);
        Assert.False(_cost.IsDear);
    }

    [Fact]
    public void FurtherDearPagesExtendIt()
    {
        Touch(s_dear, 4);
        _time.Advance(TimeSpan.FromSeconds(9));
        Touch(s_dear, 4);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(_cost.IsDear);
    }

    [Fact]
    public void TheThreadsOwnTimeGrowsWithItsWorkOnly()
    {
        TimeSpan before = PageMapping.ThreadTime();
        Assert.True(before > TimeSpan.Zero);
        SpinWait.SpinUntil(() => PageMapping.ThreadTime() > before);
    }

    private void Touch(TimeSpan takes, int pages)
    {
        for (int i = 0; i < pages; i++)
        {
            TimeSpan begun = _cost.Begin();
            _used += takes;
            _cost.End(begun);
        }
    }
}
