using DataStoreFS.Server.Storage;
using DataStoreFS.Server.Testing;

namespace Integration.Server;

/// <summary>The machine of a server that imitates the original.</summary>
public sealed class ImitatedMachineTests
{
    private readonly ImitatedMachine _two = new(2);

    [Fact]
    public void AsMuchAtATimeAsThereAreProcessors()
    {
        Assert.Equal([10, 10, 20, 20, 30], Enumerable.Range(0, 5).Select(_ => Work(0, 10)));
    }

    [Fact]
    public void NothingBeginsBeforeItIsReady()
    {
        Assert.Equal(17, Work(5, 12));
        Assert.Equal(9, Work(6, 3));
        Assert.Equal(102, Work(100, 2));
    }

    [Fact]
    public void WhatFollowsItsOwnWorkWithoutAPauseLosesNoTime()
    {
        double done = 0;
        for (int block = 0; block < 8; block++)
        {
            done = Work(done, 2);
        }

        Assert.Equal(16, done);
        Assert.Equal(1, Work(0, 1));
    }

    [Fact]
    public void AFileIsLockedUntilTheWorkOnItIsDone()
    {
        Assert.Equal(10, WorkOn(0, 0, 10));
        Assert.Null(WorkOn(0, 9, 1));
        Assert.Equal(10, WorkOn(1, 9, 1));
        Assert.Equal(11, WorkOn(0, 10, 1));
    }

    [Fact]
    public void LocksOfThePastAreForgottenAndOthersAreNot()
    {
        Assert.Equal(5000, WorkOn(-1, 0, 5000));
        for (int block = 0; block < 3000; block++)
        {
            Assert.Equal(block + 1, WorkOn(block, block, 1));
        }

        Assert.Null(WorkOn(-1, 4999, 1));
    }

    private double? WorkOn(int block, double ready, double work) =>
        _two.WorkOn(("uuid", new BlockAddress(block, 0, 0, 0, 0, 0)), TimeSpan.FromMilliseconds(ready), TimeSpan.FromMilliseconds(work))
            ?.TotalMilliseconds;

    private double Work(double ready, double work) =>
        _two.Work(TimeSpan.FromMilliseconds(ready), TimeSpan.FromMilliseconds(work)).TotalMilliseconds;
}
