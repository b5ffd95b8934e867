using DataStoreFS.Model;
using DataStoreFS.Mounting.Control;

namespace DataStoreFS.Tests.Mounting;

public sealed class CanonicalPathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void LinksDotsAndSlashesLeadToOneSpelling()
    {
        string real = Path.Join(_folder, "real", "mount");
        Directory.CreateDirectory(real);
        File.CreateSymbolicLink(Path.Join(_folder, "absolute"), Path.Join(_folder, "real"));
        File.CreateSymbolicLink(Path.Join(_folder, "relative"), "./real/../real/mount");
        string expected = CanonicalPath.Of(real);
        Assert.Equal(expected, CanonicalPath.Of(_folder + "/absolute/mount"));
        Assert.Equal(expected, CanonicalPath.Of(_folder + "/relative"));
        Assert.Equal(expected, CanonicalPath.Of(_folder + "//real/./mount/"));
        Assert.Equal(expected, CanonicalPath.Of(Path.GetRelativePath(Environment.CurrentDirectory, real)));
    }

    [Fact]
    public void WhatDoesNotExistKeepsItsName() =>
        Assert.EndsWith("/nowhere/at/all", CanonicalPath.Of(_folder + "/nowhere/at/all"), StringComparison.Ordinal);

    [Fact]
    public void ALoopOfLinksIsRefused()
    {
        File.CreateSymbolicLink(Path.Join(_folder, "a"), "b");
        File.CreateSymbolicLink(Path.Join(_folder, "b"), "a");
        Assert.Throws<DataStoreException>(() => CanonicalPath.Of(_folder + "/a/x"));
    }
}
