using DataStoreFS.Blocks;

namespace DataStoreFS.Tests.Blocks;

/// <summary>What is learnt about servers that exist only as formulas.</summary>
public sealed class LearningTests
{
    /// <summary>A server that answers each request after a fixed time however many there are: the more the better.</summary>
    [Fact]
    public void AServerWithLatencyAndNoLimitGetsAsMuchAsAllowed() => Assert.InRange(Settle(_ => 0.02, rounds: 400), 24, 32);

    /// <summary>Two cores, no latency: beyond two at a time they only wait for each other.</summary>
    [Fact]
    public void AServerWithTwoCoresIsNotCrowded() => Assert.InRange(Settle(n => 0.004 * Math.Max(n / 2.0, 1), rounds: 400), 1, 6);

    /// <summary>The original server's locks: 64, 72, 54, 52 requests a second with 1, 2, 4, 8 clients.</summary>
    [Fact]
    public void AServerThatSlowsDownIsAskedLess() => Assert.InRange(Settle(n => n <= 2 ? n / 72.0 : n / 50.0, rounds: 600), 1, 3);

    /// <summary>
    /// One core, and everything is four times slower at first: what becomes faster by itself is no reason to ask for more at a time.
    /// </summary>
    [Fact]
    public void AServerThatWarmsUpIsNotTakenForOneThatScales()
    {
        ConcurrencyLimit limit = new(32, 1);
        double now = 0;
        int most = 0;
        for (int i = 0; i < 400; i++)
        {
            now += 0.001 * (1 + (3 * Math.Exp(-i / 20.0)));
            limit.Completed(now, 1000, queued: true);
            most = Math.Max(most, limit.Current);
        }

        Assert.InRange(most, 1, 3);
    }

    /// <summary>A tenth of a second for each answer, however many there are: certainty about each doubling would take seconds.</summary>
    [Fact]
    public void AServerWhoseFirstAnswerIsSlowIsAskedForMoreSooner()
    {
        Assert.InRange(After(40, hurry: true), 8, 32);
        Assert.InRange(After(40, hurry: false), 1, 4);

        static int After(int answers, bool hurry)
        {
            ConcurrencyLimit limit = new(32, 1);
            if (hurry)
            {
                limit.Hurry(2);
            }

            double now = 0;
            for (int i = 0; i < answers; i++)
            {
                now += 0.1 / limit.Current;
                limit.Completed(now, 1000, queued: true);
            }

            return limit.Current;
        }
    }

    [Fact]
    public void CalmLowersTheBeginningAndNothingElse()
    {
        ConcurrencyLimit limit = new(32, 8);
        limit.Calm(16);
        Assert.Equal(8, limit.Current);
        limit.Calm(4);
        Assert.Equal(4, limit.Current);
    }

    [Fact]
    public void HurryNeverGoesBeyondWhatIsAllowed()
    {
        ConcurrencyLimit limit = new(1, 1);
        limit.Hurry(2);
        Assert.Equal(1, limit.Current);
    }

    [Fact]
    public void WithoutAQueueNothingIsLearnt()
    {
        ConcurrencyLimit limit = new(32, 2);
        int before = limit.Current;
        for (int i = 0; i < 1000; i++)
        {
            limit.Completed(i * 0.01, 1, queued: false);
        }

        Assert.Equal(before, limit.Current);
    }

    [Fact]
    public void FailuresHalveAndNeverReachZero()
    {
        ConcurrencyLimit limit = new(32, 2);
        for (int i = 0; i < 10; i++)
        {
            limit.Failed();
        }

        Assert.Equal(1, limit.Current);
    }

    [Fact]
    public void ARoundTripIsSpreadOverMoreSmallBlocks()
    {
        BatchSize size = new();
        Teach(size, perRequest: 0.02, perBlock: 0.0005);

        Assert.Equal(64, size.Current);
        Assert.Equal(8, size.For(QueueLane.Demand, 512 << 10, 4 << 20));
        Assert.Equal(64, size.For(QueueLane.Demand, 16 << 10, 4 << 20));
        Assert.Equal(16, size.For(QueueLane.Speculation, 512 << 10, 4 << 20));
        Assert.Equal(1, size.For(QueueLane.Demand, 64 << 20, 4 << 20));
    }

    [Fact]
    public void ExpensiveBlocksStayInSmallRequests()
    {
        BatchSize size = new();
        Teach(size, perRequest: 0.002, perBlock: 0.002);

        Assert.Equal(8, size.Current);
    }

    private static void Teach(BatchSize size, double perRequest, double perBlock)
    {
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            int blocks = random.Next(1, 9);
            size.Observe(blocks, perRequest + (blocks * perBlock));
        }
    }

    // A closed loop: as many requests as allowed are always under way; each takes what the formula says for that many, with a tenth of noise.
    private static int Settle(Func<int, double> seconds, int rounds)
    {
        ConcurrencyLimit limit = new(32, 2);
        Random random = new(7);
        PriorityQueue<double, double> ends = new();
        double now = 0;
        List<int> seen = [];
        for (int i = 0; i < rounds * 8; i++)
        {
            while (ends.Count < limit.Current)
            {
                double end = now + (seconds(limit.Current) * (0.95 + (random.NextDouble() * 0.1)));
                ends.Enqueue(end, end);
            }

            now = ends.Dequeue();
            limit.Completed(now, 1000, queued: true);
            seen.Add(limit.Current);
        }

        return (int)seen.Skip(seen.Count / 2).Average();
    }
}
