using DataStoreFS.Model;

namespace DataStoreFS.Tests.Model;

public sealed class StateFoldersTests
{
    [Theory]
    [InlineData("http://ds.example/datasets/abc/0", "ds.example_abc")]
    [InlineData("https://ds.example:9080/datasets/abc/latest", "ds.example-9080_abc")]
    [InlineData("http://ds.example/lab/one/datasets/abc", "ds.example_lab-one_abc")]
    [InlineData("http://[::1]:8080", "---1--8080")]
    public void TheOverlayIsOnePerDatasetOfAServer(string source, string expected)
    {
        string folder = StateFolders.Overlay(SourceAddress.Parse(source));
        Assert.Equal(expected, Path.GetFileName(folder));
        Assert.Equal("overlay", Path.GetFileName(Path.GetDirectoryName(folder)));
        Assert.True(Path.IsPathRooted(folder));
    }

    [Theory]
    [InlineData("/state", "/home/ann", "/state/datastorefs")]
    [InlineData("relative", "/home/ann", "/home/ann/.local/state/datastorefs")]
    [InlineData(null, "/nonexistent", "/nonexistent/.local/state/datastorefs")]
    public void TheRootIsTheUsers(string? state, string home, string expected) => Assert.Equal(expected, StateFolders.RootIn(state, home));

    [Fact]
    public void WithoutAHomeThereIsNoStateInTheWorkingDirectory()
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => StateFolders.RootIn("", ""));
        Assert.Contains("HOME", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheJournalIsOnePerVersion()
    {
        string first = StateFolders.Journal(SourceAddress.Parse("http://ds.example/datasets/abc/0"));
        string second = StateFolders.Journal(SourceAddress.Parse("http://ds.example/datasets/abc/1"));
        Assert.NotEqual(first, second);
        Assert.EndsWith("datastorefs/journal/ds.example_abc_0", first, StringComparison.Ordinal);
    }
}
