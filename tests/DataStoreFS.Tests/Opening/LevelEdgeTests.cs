using DataStoreFS.Model;
using DataStoreFS.Opening;

namespace DataStoreFS.Tests.Opening;

public sealed class LevelEdgeTests
{
    [Fact]
    public void AFactorThatDividesTheSizeLeavesNothingToAsk() =>
        Assert.False(new LevelEdge(new Size3(700, 660, 113), new DescribedLevel(new Size3(4, 4, 1), new Size3(64, 64, 64))).IsAmbiguous);

    [Fact]
    public void AFactorBeyondTheSizeGivesOneVoxelEitherWay() =>
        Assert.False(new LevelEdge(new Size3(3, 1, 1), new DescribedLevel(new Size3(4, 4, 4), new Size3(8, 8, 8))).IsAmbiguous);

    [Theory]
    [InlineData(38, 33, 16, "Up")]
    [InlineData(37, 32, 16, "Down")]
    [InlineData(64, 64, 16, "Unknown")]
    [InlineData(38, 32, 16, "Unknown")]
    [InlineData(0, 0, 0, "Unknown")]
    [InlineData(7, 7, 7, "Unknown")]
    public void TheStoredSizeOfTheFarBlockTells(long x, long y, long z, string expected)
    {
        LevelEdge edge = new(new Size3(150, 130, 40), new DescribedLevel(new Size3(4, 4, 2), new Size3(64, 64, 16)));

        Assert.Equal([default], edge.Probes());
        Assert.Equal(expected, edge.Judge(default, new Size3(x, y, z)).ToString());
    }

    [Fact]
    public void ABlockBehindTheSmallerGridTells()
    {
        LevelEdge edge = new(new Size3(129, 8, 8), new DescribedLevel(new Size3(2, 1, 1), new Size3(32, 8, 8)));

        Assert.Equal([new Size3(2, 0, 0)], edge.Probes());
        Assert.Equal(Rounding.Up, edge.Judge(new Size3(2, 0, 0), new Size3(1, 8, 8)));
        Assert.Equal(Rounding.Up, edge.Judge(new Size3(2, 0, 0), new Size3(32, 8, 8)));
    }

    [Fact]
    public void WhoeverWroteTheTreeAndWhateverIsMissingTheAnswerIsNeverWrong()
    {
        Random random = new(20_261_122);
        int told = 0;
        for (int round = 0; round < 20_000; round++)
        {
            Size3 full = Axes(random, 200);
            DescribedLevel level = new(Axes(random, 5), Axes(random, 40));
            Rounding truth = random.Next(2) == 0 ? Rounding.Down : Rounding.Up;
            bool padded = random.Next(3) == 0;
            bool gaps = random.Next(2) == 0;
            LevelEdge edge = new(full, level);
            LevelInfo written = new(0, level.Factors, LevelEdge.Dimensions(full, level.Factors, truth), level.BlockSize);

            foreach (Size3 at in edge.Probes())
            {
                bool stored = written.Contains(at.X, at.Y, at.Z) && !(gaps && random.Next(2) == 0);
                Size3 size = stored ? padded ? level.BlockSize : written.SizeAt((int)at.X, (int)at.Y, (int)at.Z) : default;

                Rounding said = edge.Judge(at, size);

                Assert.True(
                    said == Rounding.Unknown || said == truth, $"{full} / {level.Factors} in {level.BlockSize}: {at} of {size} was taken as {said}");
                told += said == Rounding.Unknown ? 0 : 1;
            }
        }

        Assert.True(told > 10_000, $"only {told} blocks told anything");
    }

    [Fact]
    public void AClippedTreeWithoutGapsIsAlwaysUnderstood()
    {
        Random random = new(7);
        for (int round = 0; round < 20_000; round++)
        {
            Size3 full = Axes(random, 200);
            DescribedLevel level = new(Axes(random, 5), Axes(random, 40));
            LevelEdge edge = new(full, level);
            LevelInfo written = new(0, level.Factors, LevelEdge.Dimensions(full, level.Factors, Rounding.Up), level.BlockSize);
            if (!edge.IsAmbiguous)
            {
                continue;
            }

            Rounding[] said = [.. edge.Probes().Select(at => edge.Judge(at, written.SizeAt((int)at.X, (int)at.Y, (int)at.Z)))];

            // A tree whose every block is full looks as if it were padded: then, and only then, nothing tells.
            bool allFull = edge.Probes().All(at => written.SizeAt((int)at.X, (int)at.Y, (int)at.Z) == level.BlockSize);
            Assert.True(said.Contains(Rounding.Up) || allFull, $"{full} / {level.Factors} in {level.BlockSize}");
        }
    }

    private static Size3 Axes(Random random, int most) => new(random.Next(1, most + 1), random.Next(1, most + 1), random.Next(1, most + 1));
}
