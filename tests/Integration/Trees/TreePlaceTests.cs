using DataStoreFS.Cli.Trees;
using DataStoreFS.Model;
using Integration.Server;
using Integration.Transfer;

namespace Integration.Trees;

public sealed class TreePlaceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _container;

    public TreePlaceTests()
    {
        new SampleTree { Exists = static at => at != (1, 0, 0, 0, 0, 0) }.Write(_folder.Path);
        _container = Path.Join(_folder.Path, "export.n5");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("export.n5")]
    [InlineData("export.n5/")]
    [InlineData("export.n5/../export.n5/.")]
    public void AFolderOrContainerStandsForAll(string path)
    {
        TreePlace place = TreePlace.Of(Path.Join(_folder.Path, path));
        Assert.Equal((_container, null, null, null), (place.Container, place.Setup, place.Timepoint, place.Level));
        Assert.Equal(2 * 2 * 3, TreeImages.Of(place, new ImageFilter()).Count);
    }

    [Fact]
    public void AContainerOfAnotherNameIsFound()
    {
        Directory.Move(_container, Path.Join(_folder.Path, "other.n5"));
        Assert.Equal(Path.Join(_folder.Path, "other.n5"), TreePlace.Of(_folder.Path).Container);
    }

    [Fact]
    public void EachStepNarrows()
    {
        TreePlace block = TreePlace.Of(Path.Join(_container, "setup1/timepoint0/s0/2/0/1"));
        Assert.Equal((_container, 1, 0, 0), (block.Container, block.Setup, block.Timepoint, block.Level));
        Assert.Equal([2, 0, 1], block.Position);
        Assert.Equal([Path.Join(_container, "setup1/timepoint0/s0/2/0/1")], TreeImages.Of(block, new ImageFilter()).SelectMany(i => i.Files()));

        TreePlace column = TreePlace.Of(Path.Join(_container, "setup1/timepoint0/s0/2"));
        TreeImage image = Assert.Single(TreeImages.Of(column, new ImageFilter()));
        Assert.Equal(image.Level.Grid.Y * image.Level.Grid.Z, image.Blocks);
        Assert.Equal(image.Blocks, image.Files().Distinct().Count());
        Assert.All(image.Files(), file => Assert.StartsWith(Path.Join(_container, "setup1/timepoint0/s0/2/"), file, StringComparison.Ordinal));

        Assert.Equal(2 * 3, TreeImages.Of(TreePlace.Of(Path.Join(_container, "setup1")), new ImageFilter()).Count);
        Assert.Equal(3, TreeImages.Of(TreePlace.Of(Path.Join(_container, "setup1/timepoint1")), new ImageFilter()).Count);
    }

    [Fact]
    public void AFilterNarrowsFurtherButNamesOnlyWhatIsThere()
    {
        TreePlace place = TreePlace.Of(Path.Join(_container, "setup1"));
        TreeImage image = Assert.Single(TreeImages.Of(place, new ImageFilter(null, new HashSet<int> { 1 }, new HashSet<int> { 2 })));
        Assert.Equal("setup1/timepoint1/s2", image.Name);
        DataStoreException fault = Assert.Throws<DataStoreException>(() => TreeImages.Of(place, new ImageFilter(new HashSet<int> { 0 })));
        Assert.Contains("has no setup 0", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheFilesOfAnImageAreItsGrid()
    {
        TreeImage image = TreeImages.Of(TreePlace.Of(_folder.Path), new ImageFilter())[0];
        List<string> files = [.. image.Files()];
        Assert.Equal((image.Level.Grid.Count, files.Count), (image.Blocks, files.Distinct().Count()));
        Assert.Equal((image.FileAt(0), image.FileAt(files.Count - 1)), (files[0], files[^1]));
        Assert.EndsWith("/s0/0/0/0", files[0], StringComparison.Ordinal);
        Assert.EndsWith("/s0/0/0/1", files[1], StringComparison.Ordinal);
        Assert.EndsWith($"/s0/{image.Level.Grid.X - 1}/{image.Level.Grid.Y - 1}/{image.Level.Grid.Z - 1}", files[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("export.n5/setup7", DataStoreErrorKind.NotFound)]
    [InlineData("export.n5/setup1/timepoint0/s0/0/0/0", DataStoreErrorKind.NotFound)]
    [InlineData("export.n5/setup0/attributes.json", DataStoreErrorKind.Usage)]
    [InlineData("export.n5/setup0/timepoint0/s0/0/0/0/0", DataStoreErrorKind.Usage)]
    [InlineData("export.n5/setup0/timepoint0/s0/-1", DataStoreErrorKind.Usage)]
    [InlineData("nowhere", DataStoreErrorKind.NotFound)]
    [InlineData("export.xml", DataStoreErrorKind.Usage)]
    public void WhatIsNoPartOfATreeIsOneLine(string path, DataStoreErrorKind kind)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => TreePlace.Of(Path.Join(_folder.Path, path)));
        Assert.Equal(kind, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void AContainerThatCannotBeLookedAtIsNotTakenForNone()
    {
        // Root may enter everything, so the fault is another one than a user would have.
        Directory.Move(_container, Path.Join(_folder.Path, "moved"));
        File.CreateSymbolicLink(_container, _container);
        DataStoreException fault = Assert.Throws<DataStoreException>(() => TreePlace.Of(_folder.Path));
        Assert.Equal(DataStoreErrorKind.Local, fault.Kind);
        Assert.StartsWith($"cannot read {_container}: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APositionOutsideOfTheGridIsNoPlace()
    {
        Directory.CreateDirectory(Path.Join(_container, "setup0/timepoint0/s0/1000"));
        TreePlace place = TreePlace.Of(Path.Join(_container, "setup0/timepoint0/s0/1000"));
        Assert.Equal(DataStoreErrorKind.Usage, Assert.Throws<DataStoreException>(() => TreeImages.Of(place, new ImageFilter())).Kind);
    }

    [Fact]
    public void FinestLooksAtOneLevelOfEachFromEitherEnd()
    {
        TreePlace place = TreePlace.Of(_folder.Path);
        Assert.Equal(
            ["setup0/timepoint0/s0", "setup0/timepoint1/s0", "setup1/timepoint0/s0", "setup1/timepoint1/s0"],
            TreeImages.Finest(place, backwards: false).Select(i => i.Name));
        Assert.Equal("setup1/timepoint1/s0", TreeImages.Finest(place, backwards: true).First().Name);
        Assert.Equal(
            ["setup1/timepoint0/s2"], TreeImages.Finest(TreePlace.Of(Path.Join(_container, "setup1/timepoint0/s2")), true).Select(i => i.Name));
    }
}
