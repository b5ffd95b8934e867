using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Tests.Tree;

namespace DataStoreFS.Tests.Mounting;

public sealed class MountSettingsTests
{
    private static readonly MountSettings s_settings = new() { Source = new SourceAddress("http://h", "u", "0"), MountPoint = "/mnt" };

    [Fact]
    public void TheDefaultsAreValidAndTheCacheIsAtMostAGibibyte()
    {
        s_settings.Validate();
        Assert.InRange(s_settings.CacheBytes, 1 << 20, 1L << 30);
        Assert.Equal(MissingBlocks.Zeros, s_settings.MissingOrDefault);
        Assert.Equal(MissingBlocks.Absent, (s_settings with { ReadWrite = true }).MissingOrDefault);
    }

    public static TheoryData<MountSettings> Impossible() =>
    [
        s_settings with { MountPoint = "" },
        s_settings with { MaxAge = TimeSpan.FromSeconds(-5) },
        s_settings with { CacheBytes = 1000 },
        s_settings with { RequestTimeout = TimeSpan.Zero },
        s_settings with { ReadAheadKiB = -1 },
        s_settings with { Umask = 0x200 },
        s_settings with { DatasetsFile = "/list" },
        s_settings with { Source = SourceAddress.Parse("http://h"), ReadWrite = true },
        s_settings with { Source = SourceAddress.Parse("http://h"), Overlay = true },
    ];

    [Theory]
    [MemberData(nameof(Impossible))]
    public void WhatCannotBeIsAUsageErrorInOneLine(MountSettings settings)
    {
        DataStoreException refused = Assert.Throws<DataStoreException>(settings.Validate);
        Assert.Equal(DataStoreErrorKind.Usage, refused.Kind);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void AReadOnlyMountNeedsNoOpenUnlessEveryOpenAsksTheServer()
    {
        VolumeInfo volume = TestVolumes.Small();
        Assert.True(new KernelCachePolicy(s_settings, volume).Stateless);
        Assert.False(new KernelCachePolicy(s_settings with { ReadWrite = true }, volume).Stateless);
        KernelCachePolicy asking = new(s_settings with { MaxAge = TimeSpan.Zero }, volume);
        Assert.False(asking.Stateless);
        Assert.True(asking.ChecksAtOpen);
        Assert.Equal(TimeSpan.Zero, asking.MissingFor);
    }

    [Fact]
    public void MissingBlocksAreNeverBelievedLongerThanPresentOnes()
    {
        KernelCachePolicy policy = new(s_settings with { MaxAge = TimeSpan.FromSeconds(3) }, TestVolumes.Small());
        Assert.Equal(TimeSpan.FromSeconds(3), policy.MissingFor);
        Assert.Equal(TimeSpan.FromSeconds(3), policy.PresentFor);
        Assert.Equal(
            TimeSpan.FromSeconds(10), new KernelCachePolicy(s_settings with { MaxAge = MountSettings.Never }, TestVolumes.Small()).MissingFor);
    }
}
