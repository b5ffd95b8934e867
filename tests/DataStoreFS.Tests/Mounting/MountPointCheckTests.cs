using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Mounting;

public sealed class MountPointCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
    private readonly RecordingLogger _logger = new();

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task AnEmptyDirectoryIsFineAndComesBackCanonical()
    {
        Directory.CreateDirectory(_folder + "/m");
        Assert.Equal(_folder + "/m", await MountPointCheck.PrepareAsync(_folder + "/./m/", _logger, default));
    }

    [Theory]
    [InlineData("/absent", "does not exist; create it")]
    [InlineData("/file", "is not a directory")]
    [InlineData("/full", "is not empty")]
    public async Task WhatCannotBeMountedOnIsRefusedInOneLineThatNamesIt(string name, string reason)
    {
        await File.WriteAllTextAsync(_folder + "/file", "x");
        Directory.CreateDirectory(_folder + "/full/inside");
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(
            () => MountPointCheck.PrepareAsync(_folder + name, _logger, default));
        Assert.Contains(_folder + name, refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task TheRootOfTheMachineIsRefused() =>
        await Assert.ThrowsAsync<DataStoreException>(() => MountPointCheck.PrepareAsync("/", _logger, default));

    [Fact]
    public void TheDaemonsOwnFilesMustNotLieBelowTheMount()
    {
        MountPointCheck.RequireOutside("/mnt/x", "/mnt/xy/trace", "trace file");
        MountPointCheck.RequireOutside("/mnt/x", null, "trace file");
        Assert.Throws<DataStoreException>(() => MountPointCheck.RequireOutside("/mnt/x", "/mnt/x/trace", "trace file"));
        Assert.Throws<DataStoreException>(() => MountPointCheck.RequireOutside("/mnt/x", "/mnt/y/../x/trace", "trace file"));
    }

    [Theory]
    [InlineData(@"/mnt/a\040b", "/mnt/a b")]
    [InlineData(@"/mnt/\134\011", "/mnt/\\\t")]
    [InlineData("/mnt/ü", "/mnt/ü")]
    public void NamesInTheMountTableAreUnescaped(string field, string path) => Assert.Equal(path, MountTable.Unescape(field));

    [Fact]
    public void TheMountTableKnowsProc() => Assert.Equal("proc", MountTable.TypeAt("/proc"));
}
