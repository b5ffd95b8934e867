using DataStoreFS.Prefetch;

namespace DataStoreFS.Tests.Prefetch;

public sealed class WalkDetectorTests
{
    private static readonly Place s_grid = new(8, 6, 10);

    public static TheoryData<int, int, int, bool> Orders()
    {
        TheoryData<int, int, int, bool> orders = [];
        ReadOnlySpan<(int, int, int)> nestings = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)];
        foreach ((int inner, int middle, int outer) in nestings)
        {
            orders.Add(inner, middle, outer, false);
            orders.Add(inner, middle, outer, true);
        }

        return orders;
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void EveryNestingOrderIsFollowedAcrossLinesAndPlanes(int inner, int middle, int outer, bool backwards)
    {
        Place[] walk = [.. Walk(inner, middle, outer)];
        if (backwards)
        {
            Array.Reverse(walk);
        }

        WalkDetector detector = new(s_grid);
        int right = 0;
        for (int i = 0; i < walk.Length - 1; i++)
        {
            detector.Observe(walk[i]);
            right += detector.IsWalking && detector.TryPlaceAt(detector.Front + 1, out Place next) && next == walk[i + 1] ? 1 : 0;
        }

        // Until the first line has ended, the order of the outer axes is a guess.
        Assert.InRange(right, walk.Length - 12, walk.Length);
    }

    [Fact]
    public void MissingBlocksDoNotEndAWalk()
    {
        WalkDetector detector = new(s_grid);
        Place[] walk = [.. Walk(2, 1, 0).Where((_, i) => i % 5 != 3)];
        foreach (Place place in walk)
        {
            detector.Observe(place);
        }

        Assert.True(detector.IsWalking);
    }

    [Fact]
    public void EightThreadsThatOvertakeEachOtherAreOneWalk()
    {
        WalkDetector detector = new(s_grid);
        Random random = new(1);
        Place[] walk = [.. Walk(0, 1, 2)];
        int walking = 0;
        foreach (Place[] hand in walk.Chunk(8))
        {
            random.Shuffle(hand);
            foreach (Place place in hand)
            {
                detector.Observe(place);
            }

            walking += detector.IsWalking ? 1 : 0;
        }

        Assert.InRange(walking, (walk.Length / 8) - 3, walk.Length / 8);
    }

    [Fact]
    public void RandomReadingIsNoWalk()
    {
        WalkDetector detector = new(s_grid);
        Place[] walk = [.. Walk(0, 1, 2)];
        new Random(2).Shuffle(walk);
        int walking = 0;
        foreach (Place place in walk)
        {
            detector.Observe(place);
            walking += detector.IsWalking ? 1 : 0;
        }

        Assert.InRange(walking, 0, walk.Length / 20);
    }

    [Fact]
    public void AfterAJumpThereIsNothingIssuedAhead()
    {
        WalkDetector detector = new(s_grid);
        foreach (Place place in Walk(2, 1, 0).Take(100))
        {
            detector.Observe(place);
        }

        detector.Issued = detector.Front + 50;
        detector.Observe(new Place(0, 0, 0));
        Assert.Equal(detector.Front, detector.Issued);
    }

    [Fact]
    public void LinesAreNoLongerThanThoseThatWereWalked()
    {
        WalkDetector detector = new(s_grid);
        Box box = default;
        foreach (Place place in Walk(0, 1, 2).Where(p => p.X is >= 2 and <= 4 && p.Y >= 1).Take(5))
        {
            detector.Observe(place);
            box.Add(place);
        }

        Assert.True(detector.IsWithin(new Place(5, 3, 0), box)); // one more is allowed: regions grow
        Assert.False(detector.IsWithin(new Place(6, 3, 0), box));
        Assert.True(detector.IsWithin(new Place(3, 5, 0), box));
    }

    private static IEnumerable<Place> Walk(int inner, int middle, int outer)
    {
        Place place = default;
        for (int o = 0; o < s_grid[outer]; o++)
        {
            for (int m = 0; m < s_grid[middle]; m++)
            {
                for (int i = 0; i < s_grid[inner]; i++)
                {
                    place = place.With(outer, o).With(middle, m).With(inner, i);
                    yield return place;
                }
            }
        }
    }
}
