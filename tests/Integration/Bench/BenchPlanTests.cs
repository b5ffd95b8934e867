using DataStoreFS.Cli.Bench;
using DataStoreFS.Cli.Trees;
using DataStoreFS.Model;
using Integration.Server;
using Integration.Transfer;

namespace Integration.Bench;

public sealed class BenchPlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheColdRunsShareNoBlockAndBeginAtEitherEnd()
    {
        new SampleTree().Write(_folder.Path);
        BenchPlan plan = BenchPlan.Of(TreePlace.Of(_folder.Path), 4);
        Assert.Empty(plan.Sequential.Intersect(plan.Random));
        Assert.Contains("/setup0/timepoint0/s0/0/0/0", plan.Sequential[0], StringComparison.Ordinal);
        Assert.All(plan.Random, file => Assert.Contains("/setup1/timepoint1/s0/", file, StringComparison.Ordinal));
        Assert.Equal((4, 16, 16), (plan.Wanted, plan.Sequential.Count, plan.Random.Distinct().Count()));
        Assert.Equal(plan.Random, BenchPlan.Of(TreePlace.Of(_folder.Path), 4).Random);
        Assert.NotEqual(plan.Random.Order(StringComparer.Ordinal), plan.Random);
    }

    [Fact]
    public void OneImageIsHalved()
    {
        new SampleTree { Setups = [(0, 0, 0, 0)], Timepoints = [0] }.Write(_folder.Path);
        BenchPlan plan = BenchPlan.Of(TreePlace.Of(_folder.Path), 1000);
        TreeImage image = Assert.Single(plan.Images);
        Assert.Equal(image.Blocks / 2, plan.Wanted);
        Assert.Equal(image.Files().Order(), plan.Sequential.Concat(plan.Random).Order());
        Assert.Empty(plan.Sequential.Intersect(plan.Random));
        Assert.Equal(image.Level.Grid.Z, plan.GridEnd);
    }

    [Fact]
    public void ASampleOfALargeImageIsWithinItAndTakesNothingTwice()
    {
        new SampleTree { Setups = [(0, 0, 0, 0)], Timepoints = [0], Exists = _ => false }.Write(_folder.Path);
        TreeImage image = TreeImages.Finest(TreePlace.Of(_folder.Path), false).Single();
        BenchPlan plan = BenchPlan.Of(TreePlace.Of(_folder.Path), 3);
        Assert.Equal(12, plan.Random.Distinct().Count());
        Assert.Empty(plan.Random.Except(image.Files().Skip((int)image.Blocks / 2)));
    }

    [Fact]
    public void ATreeOfOneBlockIsNoBenchmark()
    {
        new SampleTree { Setups = [(0, 0, 0, 0)], Timepoints = [0], Levels = [(new(1, 1, 1), new(128, 128, 128))] }.Write(_folder.Path);
        Assert.Equal(DataStoreErrorKind.Usage, Assert.Throws<DataStoreException>(() => BenchPlan.Of(TreePlace.Of(_folder.Path), 3)).Kind);
    }
}
