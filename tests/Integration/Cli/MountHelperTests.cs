using DataStoreFS.Cli;
using DataStoreFS.Model;

namespace Integration.Cli;

public class MountHelperTests
{
    private const string Source = "http://h/datasets/u";

    [Fact]
    public void AnFstabLineBecomesTheMountVerb() => Assert.Equal(
        ["mount", Source, "/mnt/ds", "-o", "rw,_netdev,missing=absent"],
        MountHelper.Translate([Source, "/mnt/ds", "-o", "rw,_netdev,missing=absent"]));

    [Fact]
    public void OptionsMayComeFirstAndTheTypeIsKnownAlready() => Assert.Equal(
        ["mount", Source, "/mnt/ds", "-o", "ro", "--verbose"],
        MountHelper.Translate(["-t", "fuse.datastorefs", "-n", "-sv", "-o", "ro", Source, "/mnt/ds"]));

    [Fact]
    public void ADryRunMountsNothing() => Assert.Empty(MountHelper.Translate([Source, "/mnt/ds", "-f"]));

    [Theory]
    [InlineData("http://h/datasets/u")]
    [InlineData("http://h/datasets/u", "/mnt", "/mnt2")]
    [InlineData("http://h/datasets/u", "/mnt", "-o")]
    [InlineData("http://h/datasets/u", "/mnt", "-x")]
    [InlineData("http://h/datasets/u", "/mnt", "-N", "/proc/1/ns/mnt")]
    public void AnythingElseIsAUsageError(params string[] args) =>
        Assert.Equal(DataStoreErrorKind.Usage, Assert.Throws<DataStoreException>(() => MountHelper.Translate(args)).Kind);

    [Fact]
    public void TheTestsThemselvesAreNoMountHelper() => Assert.False(MountHelper.IsInvoked());
}
