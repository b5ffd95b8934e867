using LinuxFuse.Samples;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Mounted;

public class HelloTests
{
    private static readonly FuseOptions s_options = TempMount.Options with { ReadOnly = true };

    [FuseFact]
    public async Task TheFileCanBeListedStattedAndRead()
    {
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), s_options);
        Assert.Equal([mount["hello"]], Directory.GetFiles(mount.Path));
        Assert.Equal(13, new FileInfo(mount["hello"]).Length);
        Assert.Equal("hello, world\n", await File.ReadAllTextAsync(mount["hello"]));
    }

    [FuseFact]
    public async Task ASecondReadSendsNoMessageAtAll()
    {
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), s_options);
        await File.ReadAllTextAsync(mount["hello"]);
        IReadOnlyDictionary<FuseOpcode, long> before = mount.Mount.Statistics.Snapshot();
        await File.ReadAllTextAsync(mount["hello"]);
        Assert.Equal(before, mount.Mount.Statistics.Snapshot());
        Assert.Equal(1, before[FuseOpcode.Open]);
        Assert.DoesNotContain(FuseOpcode.Release, before.Keys);
    }

    [FuseFact]
    public async Task AMissingNameIsAskedForOnce()
    {
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), s_options);
        Assert.False(File.Exists(mount["missing"]));
        long lookups = mount.Mount.Statistics[FuseOpcode.Lookup];
        Assert.False(File.Exists(mount["missing"]));
        Assert.Equal(lookups, mount.Mount.Statistics[FuseOpcode.Lookup]);
    }

    [FuseFact]
    public async Task TheMountTableShowsSourceTypeAndFlags()
    {
        FuseOptions options = s_options with { Source = "a,b\\c d", Subtype = "hello", NoExecute = true };
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), options);
        string line = (await File.ReadAllLinesAsync("/proc/self/mounts")).Single(line => line.Contains(mount.Path, StringComparison.Ordinal));
        Assert.StartsWith($"a,b\\134c\\040d {mount.Path} fuse.hello ro,nosuid,nodev,noexec,noatime", line, StringComparison.Ordinal);
    }

    [FuseFact]
    public async Task AKernelOf2018CanUseItToo()
    {
        FuseOptions options = s_options with
        {
            EmulatedMinor = 27,
            MaskedFlags = FuseCapabilities.InitExtended | FuseCapabilities.MaxPages | FuseCapabilities.NoOpenDir
                | FuseCapabilities.ExplicitInvalidateData | FuseCapabilities.NoOpen | FuseCapabilities.ReadDirPlus
                | FuseCapabilities.ReadDirPlusAuto,
        };
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), options);
        Assert.Equal("hello, world\n", await File.ReadAllTextAsync(mount["hello"]));
        Assert.Single(Directory.GetFiles(mount.Path));
        Assert.True(mount.Mount.Statistics[FuseOpcode.Release] + mount.Mount.Statistics[FuseOpcode.Open] > 0);
        Assert.Equal(0, mount.Mount.Statistics[FuseOpcode.ReadDirPlus]);
    }

    [FuseFact]
    public async Task TheReadaheadWindowIsSet()
    {
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), s_options with { ReadaheadKilobytes = 1024 });
        string device = LinuxFuse.Mounting.MountTable.Find(mount.Path)!.Device;
        Assert.Equal("1024\n", await File.ReadAllTextAsync($"/sys/class/bdi/{device}/read_ahead_kb"));
    }

    [FuseFact]
    public async Task ClonedDescriptorsServeToo()
    {
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), s_options with { CloneDevice = true, Readers = 4 });
        Parallel.For(0, 100, _ => Assert.Equal("hello, world\n", File.ReadAllText(mount["hello"])));
    }

    [FuseFact]
    public async Task TheDaemonsOwnRequestsAreRefusedInsteadOfWaitingForItself()
    {
        await using TempMount mount = await TempMount.CreateAsync(new HelloFileSystem(), s_options with { RefuseOwnRequests = true });
        IOException exception = Assert.ThrowsAny<IOException>(() => File.ReadAllText(mount["hello"]));
        Assert.Equal((int)Errno.EDEADLK, exception.HResult);
    }
}
