using DataStoreFS.Model;
using DataStoreFS.Prefetch;
using DataStoreFS.Traces;

namespace DataStoreFS.Tests.Prefetch;

/// <summary>Recorded and made-up programs on a simulated link of 1 GB/s with a round trip of 20 ms. All times are simulated.</summary>
public sealed class PredictorTests
{
    private const double RoundTrip = 20;
    private const double MegabytesPerSecond = 1000;
    private const int Most = 1024;

    // After the first burst, which nothing can foresee: at most this much of what it costs without; at most twice what the same mount costs
    // without a round trip (or a round trip).
    [Theory]
    [InlineData("zscroll", 0.10)]
    [InlineData("timescrub", 0.25)]
    [InlineData("fused", 0.10)]
    [InlineData("pan", 0.05)]
    public void AViewersMovementsAreForeseen(string trace, double share)
    {
        IReadOnlyList<TraceBurst> bursts = Trace(trace);
        SimulatedRun with = Simulate(TraceGeometry.Tree, bursts, 8, new Predictor(Most, false));
        SimulatedRun without = Simulate(TraceGeometry.Tree, bursts, 8, null);
        SimulatedRun near = new PrefetchSimulator(TraceGeometry.Tree, 0, MegabytesPerSecond).Run(bursts, new Predictor(Most, false));

        Assert.InRange(with.StallAfterFirst, 0, without.StallAfterFirst * share);
        Assert.InRange(with.StallAfterFirst, 0, Math.Max(2 * near.StallAfterFirst, RoundTrip + 5));
        Assert.InRange(with.Waste, 0, 0.6);
    }

    [Fact]
    public void AWalkThroughALevelIsReadAhead()
    {
        SimulatedRun run = Simulate(Workloads.Medium, Workloads.Sequential(512), 1, new Predictor(Most, false));

        // 10 s without. One reader then gets half of the link's rate, and two thirds of what it did not have to wait for came from here.
        Assert.InRange(run.Stall, 256, 700);
        Assert.InRange(run.Wasted, 0, 128);
    }

    [Theory]
    [InlineData(2, 1, 0)]
    [InlineData(0, 1, 2)]
    [InlineData(1, 0, 2)]
    public void AnyNestingOrderIsReadAhead(int outer, int middle, int inner)
    {
        TraceBurst walk = new(TimeSpan.Zero, [.. Workloads.All(outer, middle, inner).Take(512)]);
        SimulatedRun run = Simulate(Workloads.Medium, [walk], 1, new Predictor(Most, false));

        Assert.InRange(run.Stall, 256, 1000);
    }

    [Fact]
    public void AProgramThatThinksBetweenBlocksWaitsForTheFirstOnesOnly()
    {
        SimulatedRun run = Simulate(Workloads.Medium, Workloads.Slow(100), 1, new Predictor(Most, false));

        Assert.InRange(run.InTime, 90, 100);
    }

    [Fact]
    public void PlaneAfterPlaneInRandomOrderIsReadAhead()
    {
        SimulatedRun run = Simulate(Workloads.Medium, Workloads.Planes(16), 4, new Predictor(Most, false));
        SimulatedRun without = Simulate(Workloads.Medium, Workloads.Planes(16), 4, null);

        Assert.InRange(run.StallAfterFirst, 0, without.StallAfterFirst / 4);
        Assert.InRange(run.Waste, 0, 0.1);
    }

    [Fact]
    public void RandomReadingOfALevelGainsAndWastesNoMoreThanItReads()
    {
        SimulatedRun run = Simulate(Workloads.Medium, Workloads.Shuffled(512), 8, new Predictor(Most, false));
        SimulatedRun without = Simulate(Workloads.Medium, Workloads.Shuffled(512), 8, null);

        Assert.InRange(run.Stall, 0, without.Stall * 0.6);
        Assert.InRange(run.Wasted, 0, 512);
    }

    [Theory]
    [InlineData(64, 2, 1)] // 0.2 % of a region: a sample
    [InlineData(1024, 8, 1)] // 3 %: will be read on
    [InlineData(1024, 8, 2)] // each block is looked up and read
    public void ARegionIsFilledFasterOnceAPartOfItHasBeenRead(int read, int share, int times)
    {
        Predictor predictor = new(PrefetchSettings.MostBlocks, false);
        predictor.AddVolume(Workloads.Large);
        Random random = new(5);
        BlockKey[] guesses = new BlockKey[256];
        int issued = 0;
        for (int i = 0; i < read; i++)
        {
            BlockKey key = new(0, 0, 0, 0, random.Next(32), random.Next(32), random.Next(32));
            for (int time = 0; time < times; time++)
            {
                predictor.Observe(new Access(key, 1, 1000 + i, time > 0, i == 0 ? 0 : 20, 1000 + i, 20));
            }

            for (int taken; (taken = predictor.Take(guesses, 1000 + i)) > 0;)
            {
                issued += taken;
            }
        }

        Assert.InRange(issued, (share - 1) * read, (share * read) + (share * read / 4) + 9);
    }

    [Theory]
    [InlineData(20, 1, 6)] // 2 to 5 has been read: one place beyond, as far as four places drawn at random reach on average
    [InlineData(2, 2, 5)] // nearer, guesses begin with more places
    public void OfAPlaneFarAwayMoreIsReadAheadThanItsFirstPlacesSpan(double distance, int least, int most)
    {
        Predictor predictor = new(Most, false);
        predictor.AddVolume(Workloads.Medium);
        BlockKey[] guesses = new BlockKey[256];
        HashSet<int> columns = [];
        foreach ((int x, int y) in ((int, int)[])[(2, 3), (5, 2), (3, 5), (4, 4)])
        {
            predictor.Observe(new Access(new BlockKey(0, 0, 0, 0, x, y, 7), 1, 1000, false, 0, 0, distance));
            columns.Add(x);
        }

        int taken = predictor.Take(guesses, 1000);
        columns.UnionWith(guesses.Take(taken).Where(guess => guess.Z == 7).Select(guess => guess.X));

        Assert.Equal((least, most), (columns.Min(), columns.Max()));
    }

    [Fact]
    public void AFewRandomBlocksOfALevelAreFollowedByTheNeighboursOfTheFirstOnly()
    {
        SimulatedRun run = Simulate(Workloads.Medium, Workloads.Shuffled(7), 1, new Predictor(Most, false));

        Assert.InRange(run.Guessed, 1, 9);
    }

    [Fact]
    public void NearTheServerAFirstBlockIsFetchedAlone()
    {
        SimulatedRun run = new PrefetchSimulator(Workloads.Medium, 0.2, MegabytesPerSecond).Run(Workloads.Shuffled(7), new Predictor(Most, false));

        Assert.Equal(0, run.Guessed);
    }

    [Theory]
    [InlineData(2, 1, 6)] // eight from z = 4 on, of which two are neighbours of the first block already
    [InlineData(0, 1, 2)] // to the edge
    [InlineData(0, -1, 1)]
    [InlineData(2, 2, 0)] // no neighbour
    public void ANeighbourOfTheFirstBlockIsTakenForTheSecondStepOfAWalk(int axis, int step, int more)
    {
        Predictor predictor = new(Most, false);
        predictor.AddVolume(Workloads.Medium);
        BlockKey[] guesses = new BlockKey[64];
        Place second = new Place(2, 2, 2).With(axis, 2 + step);
        predictor.Observe(new Access(new BlockKey(0, 0, 0, 0, 2, 2, 2), 1, 1000, false, 0, 0, 2));
        Assert.Equal(9, predictor.Take(guesses, 1000));
        predictor.Observe(new Access(new BlockKey(0, 0, 0, 0, second.X, second.Y, second.Z), 1, 1020, true, 0, 0, 2));
        int taken = predictor.Take(guesses, 1020);
        predictor.Observe(new Access(new BlockKey(0, 0, 0, 0, 2, 4, 5), 1, 1021, false, 0, 0, 2));

        Assert.Equal(more, taken);
        Assert.All(guesses.Take(taken), guess => Assert.Equal(new Place(2, 2, 2), new Place(guess.X, guess.Y, guess.Z).With(axis, 2)));
        Assert.Equal(0, predictor.Take(guesses, 1021)); // only once
    }

    [Fact]
    public void AThreadThatWaitsForItsBlockMakesNoPause()
    {
        Predictor predictor = new(Most, false);
        predictor.AddVolume(Workloads.Medium);
        BlockKey[] guesses = new BlockKey[64];
        HashSet<BlockKey> guessed = [];
        BlockKey[] plane = [.. Workloads.All(0, 1, 2).Where(block => block.Z == 3)];
        new Random(3).Shuffle(plane);

        // Each block takes 100 ms to come, longer than the pause that ends a burst; the program itself takes 1.
        foreach ((int index, BlockKey key) in plane.Take(12).Index())
        {
            long now = 1000 + (index * 101);
            predictor.Observe(new Access(key, 1, now, false, index == 0 ? 0 : 100, index == 0 ? 0 : now - 1, 20));
            guessed.UnionWith(guesses[..predictor.Take(guesses, now)]);
        }

        Assert.True(guessed.Count(key => key.Z == 3) > 30, $"{guessed.Count} guesses for a plane of which 12 blocks were read");
    }

    [Fact]
    public void WhereWaitingIsCheapRandomReadingIsLeftAlone()
    {
        SimulatedRun run = new PrefetchSimulator(Workloads.Medium, 0.5, MegabytesPerSecond).Run(Workloads.Shuffled(512), new Predictor(Most, false));

        Assert.InRange(run.Guessed, 0, 40); // what looks like short walks by chance
    }

    [Fact]
    public void OpenGuessesStayBelowTheirBound()
    {
        const int Few = 32;
        Predictor predictor = new(Few, false);
        Simulate(TraceGeometry.Tree, Trace("timescrub"), 8, predictor);

        PrefetchStatistics statistics = predictor.Statistics;
        Assert.InRange(statistics.Issued - statistics.Used - statistics.Wasted, 0, Few);
        Assert.True(statistics.Used > 100);
    }

    [Fact]
    public void AWalkIsReadAsManyBytesAheadWhateverTheSizeOfItsBlocks()
    {
        long large = Ahead(Workloads.Medium, waited: 100) * (512 << 10);
        long small = Ahead(Workloads.SmallBlocks, waited: 100) * (64 << 10);
        long slowLine = Ahead(Workloads.Medium, waited: 1000) * (512 << 10);

        Assert.InRange(large, 32 << 20, 80 << 20); // the first guesses included
        Assert.InRange((double)small / large, 0.6, 1.6);
        Assert.InRange(slowLine, 8 << 20, 28 << 20);

        static int Ahead(VolumeInfo volume, double waited)
        {
            Predictor predictor = new(4096, false);
            predictor.AddVolume(volume);
            BlockKey[] guesses = new BlockKey[4096];
            int count = 0;
            for (int z = 0; z < 5; z++)
            {
                predictor.Observe(new Access(new BlockKey(0, 0, 0, 0, 0, 0, z), 1, z, Hit: false, Waited: z == 1 ? waited : 0, Distance: RoundTrip));
                count += predictor.Take(guesses, z);
            }

            return count;
        }
    }

    [Fact]
    public void AProgramThatNeverUsesGuessesGetsFewerAndFewer()
    {
        // Short walks of eight blocks at random places, as of a program that reads small regions.
        Predictor predictor = new(Most, false);
        predictor.AddVolume(Workloads.Medium);
        Random random = new(1);
        BlockKey[] guesses = new BlockKey[64];
        int[] perRound = new int[400];
        long now = 0;
        for (int round = 0; round < perRound.Length; round++)
        {
            (int x, int y) = (random.Next(8), random.Next(8));
            for (int z = 4; z < 8; z++)
            {
                now += 2;
                predictor.Observe(new Access(new BlockKey(0, 0, 0, 0, x, y, z), 1, now, false, 0.1));
                perRound[round] += predictor.Take(guesses, now);
            }

            now += 12_000;
            predictor.Tick(now);
        }

        Assert.True(perRound.Take(40).Sum() > 2 * perRound.TakeLast(40).Sum(), $"{perRound.Take(40).Sum()}, then {perRound.TakeLast(40).Sum()}");
    }

    [Fact]
    public void TwoProgramsDoNotDisturbEachOther()
    {
        Predictor predictor = new(Most, false);
        predictor.AddVolume(Workloads.Medium);
        BlockKey[] guesses = new BlockKey[64];
        BlockKey[] forward = [.. Workloads.All(0, 1, 2).Take(200)];
        BlockKey[] backward = [.. Workloads.All(0, 1, 2).Reverse().Take(200)];
        HashSet<BlockKey> guessed = [];
        for (int i = 0; i < 200; i++)
        {
            predictor.Observe(new Access(forward[i], 1, i, false, 0));
            predictor.Observe(new Access(backward[i], 2, i, false, 0));
            guessed.UnionWith(guesses[..predictor.Take(guesses, i)]);
        }

        Assert.True(forward.Skip(5).All(guessed.Contains));
        Assert.True(backward.Skip(5).All(guessed.Contains));
    }

    [Fact]
    public void GuessesAreAlwaysInsideTheGrid()
    {
        foreach (VolumeInfo volume in (VolumeInfo[])[TraceGeometry.Tree, TraceGeometry.BigTree, Workloads.Medium])
        {
            for (int seed = 0; seed < 20; seed++)
            {
                GuessWildly(volume, new Random(seed));
            }
        }
    }

    private static void GuessWildly(VolumeInfo volume, Random random)
    {
        Predictor predictor = new(256, false);
        predictor.AddVolume(volume);
        BlockKey[] guesses = new BlockKey[64];
        long now = 0;
        BlockKey at = default;
        for (int step = 0; step < 2000; step++)
        {
            now += random.Next(random.Next(20) == 0 ? 400 : 5);
            at = Move(volume, random, at);
            predictor.Observe(new Access(at, (uint)random.Next(3), now, random.Next(2) == 0, random.Next(30)));
            if (random.Next(4) == 0)
            {
                predictor.Tick(now);
            }

            int count = predictor.Take(guesses, now);
            foreach (BlockKey guess in guesses[..count])
            {
                Assert.InRange(guess.Setup, 0, volume.Setups.Count - 1);
                Assert.InRange(guess.Timepoint, 0, volume.TimepointIds.Count - 1);
                Assert.True(volume.Level(guess).Contains(guess.X, guess.Y, guess.Z), $"{guess}");
                if (random.Next(10) == 0)
                {
                    predictor.Refuse(guess);
                }
            }
        }
    }

    private static BlockKey Move(VolumeInfo volume, Random random, BlockKey at)
    {
        if (random.Next(30) == 0)
        {
            at = at with { Setup = random.Next(volume.Setups.Count), Timepoint = random.Next(volume.TimepointIds.Count) };
            at = at with { Level = random.Next(volume.Setups[at.Setup].Levels.Count) };
        }

        Size3 grid = volume.Level(at).Grid;
        return at with
        {
            X = Math.Clamp(at.X + random.Next(-1, 2), 0, (int)grid.X - 1),
            Y = Math.Clamp(at.Y + random.Next(-1, 2), 0, (int)grid.Y - 1),
            Z = Math.Clamp(at.Z + random.Next(-1, 2), 0, (int)grid.Z - 1),
        };
    }

    private static IReadOnlyList<TraceBurst> Trace(string name) =>
        BlockTrace.Parse(File.ReadLines(Fixtures.PathOf($"traces/{name}.slow20.tsv"))).Bursts;

    private static SimulatedRun Simulate(VolumeInfo volume, IReadOnlyList<TraceBurst> bursts, int openers, Predictor? predictor) =>
        new PrefetchSimulator(volume, RoundTrip, MegabytesPerSecond, openers).Run(bursts, predictor);
}
