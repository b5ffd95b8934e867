using DataStoreFS.Mounting.Kernel;

namespace DataStoreFS.Tests.Mounting;

public sealed class PageLedgerTests
{
    [Fact]
    public void PagesAreDroppedBeforeTheyAreOlderThanTheMaximumAgeAndNotMuchEarlier()
    {
        const long maxAge = 8000;
        Random random = new(3);
        PageLedger ledger = new(maxAge);
        Dictionary<ulong, long> held = [];
        for (long now = 0; now < 100_000; now += random.Next(1, 400))
        {
            ulong node = (ulong)random.Next(1, 5000);
            long fetched = now - random.Next(0, 2000);
            if (fetched >= 0)
            {
                ledger.Record(node, fetched);
                held[node] = held.TryGetValue(node, out long earlier) ? Math.Min(earlier, fetched) : fetched;
            }

            foreach (ulong gone in ledger.TakeExpired(now))
            {
                held.TryGetValue(gone, out long since);
                Assert.True(!held.ContainsKey(gone) || now - since >= maxAge * 7 / 8 - 1, $"{gone} went after {now - since}");
                held.Remove(gone);
            }

            Assert.All(held, h => Assert.True(now - h.Value < maxAge, $"{h.Key} is held since {now - h.Value}"));
        }
    }

    [Fact]
    public void WithoutAMaximumAgeNothingExpiresAndARefreshTakesEverythingOnce()
    {
        PageLedger ledger = new(null);
        ulong[] nodes = [1, 63, 64, 65, 1UL << 61, ulong.MaxValue];
        foreach (ulong node in nodes)
        {
            ledger.Record(node, node == 64 ? 5 : long.MaxValue - 1);
            ledger.Record(node, 5);
        }

        Assert.Empty(ledger.TakeExpired(long.MaxValue));
        Assert.Equal(nodes.Order(), ledger.TakeAll().Order());
        Assert.Empty(ledger.TakeAll());
        Assert.Equal(0, ledger.Runs);
    }

    [Fact]
    public void OneFileCanBeTakenOutAndItsNeighboursStay()
    {
        PageLedger ledger = new(8000);
        ledger.Record(5, 100);
        ledger.Record(5, 3100);
        ledger.Record(6, 100);
        Assert.True(ledger.Take(5));
        Assert.False(ledger.Take(5));
        Assert.False(ledger.Take(7));
        Assert.Equal([6UL], ledger.TakeAll());
    }

    [Fact]
    public void NeighboursShareAWordSoAMillionBlocksStaySmall()
    {
        PageLedger ledger = new(600_000);
        for (ulong node = 0; node < 1_000_000; node++)
        {
            ledger.Record(node, 1);
        }

        Assert.Equal(1_000_000 / 64, ledger.Runs);
    }

    [Fact]
    public void AFullLedgerGivesUpItsOldestSliceInsteadOfGrowing()
    {
        PageLedger ledger = new(8000, maximumRuns: 10);
        for (ulong i = 0; i < 8; i++)
        {
            ledger.Record(i * 64, 100);
            ledger.Record(1000 + (i * 64), 1100);
        }

        Assert.Equal(8, ledger.TakeExpired(1200).Count);
        Assert.Equal(8, ledger.Runs);
    }
}
