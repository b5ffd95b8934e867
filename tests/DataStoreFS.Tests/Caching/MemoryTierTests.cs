using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Caching;

public sealed class MemoryTierTests : IDisposable
{
    private const int Page = 4096;

    private readonly NativeBlockPool _pool = new();

    public void Dispose()
    {
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Fact]
    public void WhatWasSetIsFoundAndLent()
    {
        using MemoryTier tier = new(10 * Page);
        Put(tier, Key(1), 7);

        Assert.True(tier.TryGet(Key(1), out BlockBuffer? block, out long fetched));

        Assert.Equal(7, fetched);
        tier.Clear();
        Assert.Equal(1, block!.GetSpan()[0]);
        block.Release();
        Assert.False(tier.TryGet(Key(1), out _, out _));
    }

    [Fact]
    public void RoomIsMadeBeforeABlockComesInSoTheBudgetIsNeverExceeded()
    {
        using MemoryTier tier = new(10 * Page);
        for (int x = 0; x < 100; x++)
        {
            Put(tier, Key(x), x);
            Assert.InRange(tier.Occupied, Page, 10 * Page);
            tier.CheckInvariants();
        }

        Assert.Equal(10, tier.Statistics.Blocks);
        Assert.Equal(90, tier.Statistics.Evictions);
    }

    [Fact]
    public void ABlockInUseStaysLongerThanOthers()
    {
        using MemoryTier tier = new(64 * Page);
        Put(tier, Key(0), 0);
        for (int x = 1; x < 1000; x++)
        {
            Put(tier, Key(x), x);
            Assert.True(tier.TryGet(Key(0), out BlockBuffer? block, out _), $"gone after {x} others");
            block!.Release();
        }
    }

    [Fact]
    public void ABlockLargerThanItsShareOfTheBudgetIsKept()
    {
        using MemoryTier tier = new(10 * Page);
        Put(tier, Key(1), 1);
        Put(tier, Key(2), 1, length: 9 * Page);

        Assert.True(tier.Contains(Key(1), out _) && tier.Contains(Key(2), out _));
        Assert.False(Put(tier, Key(3), 1, length: 11 * Page));
        tier.CheckInvariants();
    }

    [Fact]
    public void AnOlderFetchNeverReplacesANewerOne()
    {
        using MemoryTier tier = new(10 * Page);
        Put(tier, Key(1), 20);

        Assert.False(Put(tier, Key(1), 19));
        Assert.True(Put(tier, Key(1), 20));

        tier.CheckInvariants();
    }

    [Fact]
    public void ReservationsPushCachedBlocksOutAndKeepOthersFromComingIn()
    {
        using MemoryTier tier = new(10 * Page);
        for (int x = 0; x < 10; x++)
        {
            Put(tier, Key(x), x);
        }

        tier.Reserve(8 * Page);
        Assert.Equal(2, tier.Statistics.Blocks);
        tier.CheckInvariants(reserved: 8 * Page);
        Assert.False(Put(tier, Key(20), 1, length: 3 * Page));
        tier.Unreserve(8 * Page);
        Assert.True(Put(tier, Key(20), 1, length: 3 * Page));
    }

    [Fact]
    public void RemovingABufferThatWasReplacedRemovesNothing()
    {
        using MemoryTier tier = new(10 * Page);
        BlockBuffer old = _pool.Rent(Page);
        tier.Set(Key(1), old, 1, speculative: false);
        Put(tier, Key(1), 2);

        Assert.False(tier.Remove(Key(1), old));
        old.Release();
        Assert.True(tier.Remove(Key(1)));
    }

    [Fact]
    public void SpeculationIsCountedAsUsedOnceOrAsWaste()
    {
        using MemoryTier tier = new(2 * Page);
        Put(tier, Key(1), 1, speculative: true);
        Put(tier, Key(2), 1, speculative: true);
        for (int i = 0; i < 3; i++)
        {
            tier.TryGet(Key(1), out BlockBuffer? block, out _);
            block!.Release();
        }

        Put(tier, Key(3), 1);
        Put(tier, Key(4), 1);

        Assert.Equal((1, 1), (tier.Statistics.SpeculationHits, tier.Statistics.SpeculationWaste));
    }

    [Fact]
    public void AHitAllocatesNothing()
    {
        using MemoryTier tier = new(10 * Page);
        Put(tier, Key(1), 1);

        Assert.Equal(0, Allocations.Of(() => Hit(tier, 1000)));
    }

    /// <summary>One thread against a dictionary and a list, which is what an LRU means.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomOperationsKeepTheBooksBalanced(int seed)
    {
        Random random = new(seed);
        using MemoryTier tier = new(40 * Page);
        Dictionary<BlockKey, long> newest = [];
        for (int i = 0; i < 20_000; i++)
        {
            BlockKey key = Key(random.Next(200));
            switch (random.Next(10))
            {
                case < 5:
                    if (Put(tier, key, i, length: Page * random.Next(1, 6)))
                    {
                        newest[key] = i;
                    }

                    break;
                case < 9:
                    if (tier.TryGet(key, out BlockBuffer? block, out long fetched))
                    {
                        Assert.Equal(newest[key], fetched);
                        Assert.Equal((byte)key.X, block!.GetSpan()[0]);
                        block.Release();
                    }

                    break;
                default:
                    tier.Remove(key);
                    newest.Remove(key);
                    Assert.False(tier.Contains(key, out _));
                    break;
            }

            if (i % 500 == 0)
            {
                tier.CheckInvariants();
            }
        }

        tier.CheckInvariants();
    }

    [Fact]
    public async Task ManyThreadsLeaveTheBooksBalanced()
    {
        using MemoryTier tier = new(64 * Page);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            Random random = new(seed);
            for (int i = 0; i < 20_000; i++)
            {
                BlockKey key = Key(random.Next(150));
                if (random.Next(2) == 0)
                {
                    Put(tier, key, i, length: Page * random.Next(1, 4));
                }
                else if (tier.TryGet(key, out BlockBuffer? block, out _))
                {
                    Assert.Equal((byte)key.X, block!.GetSpan()[0]);
                    block.Release();
                }

                Assert.InRange(tier.Occupied, 0, tier.Budget);
            }
        })));

        tier.CheckInvariants();
    }

    [Fact]
    public void WhereMemoryIsDearABlockThatComesInPushesOutOneThatWasDelivered()
    {
        bool dear = false;
        using MemoryTier tier = new(1000 * Page, () => dear);
        for (int x = 0; x < 64; x++)
        {
            Put(tier, Key(x), x);
            Deliver(tier, Key(x), x < 32 ? Page : Page - 1);
        }

        Assert.Equal(64, tier.Statistics.Blocks);
        dear = true;
        for (int x = 64; x < 96; x++)
        {
            Put(tier, Key(x), x);
            Assert.Equal(64, tier.Statistics.Blocks);
            tier.CheckInvariants();
        }

        Assert.All(Enumerable.Range(0, 32), x => Assert.False(tier.Contains(Key(x), out _)));
        Put(tier, Key(96), 96);
        Assert.Equal(65, tier.Statistics.Blocks); // nobody has read the others: they stay
    }

    [Fact]
    public void AnyNumberOfBlocksThatWaitToBeReadDoesNotMakeTheSearchLong()
    {
        using MemoryTier tier = new(1000 * Page, () => true);
        for (int x = 0; x < 900; x++)
        {
            Put(tier, Key(x), x);
        }

        Deliver(tier, Key(899), Page);
        Put(tier, Key(900), 900);
        Assert.Equal(901, tier.Statistics.Blocks); // it is among the newest: not looked for there
    }

    [Fact]
    public void AReusedBufferHasDeliveredNothing()
    {
        BlockBuffer block = _pool.Rent(Page);
        block.Deliver(Page / 2);
        Assert.False(block.IsDelivered);
        block.Deliver(Page / 2);
        Assert.True(block.IsDelivered);
        block.Release();
        BlockBuffer again = _pool.Rent(Page);
        Assert.Same(block, again);
        Assert.False(again.IsDelivered);
        again.Release();
    }

    private static void Deliver(MemoryTier tier, BlockKey key, int bytes)
    {
        BlockBuffer block = tier.Peek(key)!;
        block.Deliver(bytes);
        block.Release();
    }

    private static BlockKey Key(int x) => new(0, 0, 0, 0, x, 0, 0);

    private static void Hit(MemoryTier tier, int times)
    {
        for (int i = 0; i < times; i++)
        {
            if (tier.TryGet(Key(1), out BlockBuffer? block, out _))
            {
                block!.Release();
            }
        }
    }

    private bool Put(MemoryTier tier, BlockKey key, long fetched, int length = Page, bool speculative = false)
    {
        BlockBuffer block = _pool.Rent(length);
        block.GetSpan()[0] = (byte)key.X;
        bool kept = tier.Set(key, block, fetched, speculative);
        block.Release();
        return kept;
    }
}
