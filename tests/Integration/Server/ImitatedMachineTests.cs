using DataStoreFS.Server.Storage;
using DataStoreFS.Server.Testing;

namespace Integration.Server;

/// <summary>The machine of a server that imitates the original: two processors, files that are locked. Times are milliseconds.</summary>
public sealed class ImitatedMachineTests
{
    private readonly ImitatedMachine _two = new(2);

    [Fact]
    public void AsMuchAtATimeAsThereAreProcessors() =>
        Assert.Equal([10, 10, 20, 20, 30], Enumerable.Range(0, 5).Select(file => Work(0, 0, file, 10).Done));

    [Fact]
    public void NothingBeginsBeforeItIsReady()
    {
        Assert.Equal((17, false), Work(5, 0, 1, 12));
        Assert.Equal((9, false), Work(6, 0, 2, 3));
        Assert.Equal((102, false), Work(100, 0, 3, 2));
    }

    [Fact]
    public void WhatFollowsItsOwnWorkWithoutAPauseLosesNoTime()
    {
        double done = 0;
        for (int block = 0; block < 8; block++)
        {
            done = Work(done, 0, block, 2).Done;
        }

        Assert.Equal(16, done);
        Assert.Equal((1, false), Work(0, 0, 100, 1));
    }

    [Fact]
    public void AFileIsLockedWhileItIsWorkedOnAndNotBefore()
    {
        Assert.Equal((12, false), Work(0, 10, 1, 2));
        Assert.Equal((11, true), Work(6, 5, 1, 2));
        Assert.Equal((14, false), Work(11, 1, 1, 2));
        Assert.Equal((16, false), Work(14, 0, 1, 2));
    }

    [Fact]
    public void WhoFindsTheFileLockedHasWorkedUntilThenOnly()
    {
        Work(0, 0, 1, 100);
        Assert.Equal((4, true), Work(1, 3, 1, 50));
        Assert.Equal((5, false), Work(0, 0, 2, 1));
        Assert.Equal((50, true), Work(50, 0, 1, 1));
        Assert.Equal((6, false), Work(5, 0, 2, 1));
    }

    [Fact]
    public void LocksOfThePastAreForgottenAndOthersAreNot()
    {
        Work(0, 0, -1, 5000);
        for (int block = 0; block < 3000; block++)
        {
            Assert.Equal((block + 1, false), Work(block, 0, block, 1));
        }

        Assert.True(Work(4999, 0, -1, 1).IsLocked);
    }

    private (double Done, bool IsLocked) Work(double ready, double before, int file, double under)
    {
        (TimeSpan done, bool isLocked) = _two.Work(
            TimeSpan.FromMilliseconds(ready),
            TimeSpan.FromMilliseconds(before),
            ("uuid", new BlockAddress(file, 0, 0, 0, 0, 0)),
            TimeSpan.FromMilliseconds(under));
        return (done.TotalMilliseconds, isLocked);
    }
}
