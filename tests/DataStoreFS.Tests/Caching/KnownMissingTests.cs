using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Caching;

public sealed class KnownMissingTests
{
    [Fact]
    public void WhatWasAddedIsKnownUntilRemoved()
    {
        using KnownMissing missing = new();
        missing.Add(Key(1), 5, TimeSpan.MaxValue);

        Assert.True(missing.TryGet(Key(1), out long fetched));
        Assert.Equal(5, fetched);
        Assert.False(missing.TryGet(Key(2), out _));
        missing.Remove(Key(1));
        Assert.False(missing.TryGet(Key(1), out _));
    }

    [Fact]
    public void EntriesExpire()
    {
        using KnownMissing missing = new();
        missing.Add(Key(1), 5, TimeSpan.Zero);
        SpinWait.SpinUntil(() => !missing.TryGet(Key(1), out _), TimeSpan.FromSeconds(5));

        Assert.False(missing.TryGet(Key(1), out _));
    }

    [Fact]
    public void TheNumberIsBoundedAndTheNewestAreKept()
    {
        using KnownMissing missing = new(capacity: 100);
        for (int x = 0; x < 1000; x++)
        {
            missing.Add(Key(x), x, TimeSpan.MaxValue);
            Assert.InRange(missing.Count, 1, 100);
            Assert.True(missing.TryGet(Key(x), out _));
        }

        Assert.All(Enumerable.Range(950, 50), x => Assert.True(missing.TryGet(Key(x), out _)));
    }

    [Fact]
    public void LookingUpAllocatesNothing()
    {
        using KnownMissing missing = new();
        missing.Add(Key(1), 5, TimeSpan.MaxValue);

        Assert.Equal(0, Allocations.Of(() => Look(missing)));
    }

    private static void Look(KnownMissing missing)
    {
        for (int i = 0; i < 1000; i++)
        {
            missing.TryGet(Key(i & 1), out _);
        }
    }

    private static BlockKey Key(int x) => new(0, 0, 0, 0, x, 0, 0);
}
