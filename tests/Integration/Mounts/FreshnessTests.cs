using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Server;

namespace Integration.Mounts;

/// <summary>When programs see what others have changed on the server.</summary>
public sealed class FreshnessTests
{
    private static readonly BlockKey s_block = new(0, 0, 0, 0, 1, 1, 1);

    [MountTheory]
    [InlineData(MissingBlocks.Zeros)]
    [InlineData(MissingBlocks.Absent)]
    public async Task ARefreshShowsWhatHasChangedAndNothingBeforeIt(MissingBlocks missing)
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(), s => s with { Missing = missing, MaxAge = MountSettings.Never, MissingAge = TimeSpan.FromMinutes(5) });
        string path = mount.PathOf(s_block);
        string before = await Command.RunCleanAsync("md5sum", path);
        mount.Store.Edition = 1;
        Assert.Equal(before, await Command.RunCleanAsync("md5sum", path));
        await ControlClient.SendAsync(mount.Root, ControlCommand.Refresh, default, mount.RuntimeFolder);
        string after = await Command.RunCleanAsync("md5sum", path);
        Assert.NotEqual(before, after);
        Assert.Equal(Sum(mount.Volume, 1), after.Split(' ')[0]);
    }

    [MountFact]
    public async Task ABlockThatWasWrittenByOthersAppearsWithARefresh()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(), s => s with { Missing = MissingBlocks.Absent, MissingAge = TimeSpan.FromMinutes(5) }, s => s.Exists = static _ => false);
        string path = mount.PathOf(s_block);
        Assert.Equal(1, (await Command.RunAsync("test", "-e", path)).ExitCode);
        mount.Store.Exists = static _ => true;
        await mount.Mount.RefreshAsync(default);
        await Command.RunCleanAsync("test", "-e", path);
        Assert.Contains("/1\n", await Command.RunCleanAsync("find", Path.GetDirectoryName(path)!), StringComparison.Ordinal);
    }

    [MountFact]
    public async Task ABlockThatWasWrittenByOthersAppearsWhenItsAbsenceHasExpired()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(),
            s => s with { Missing = MissingBlocks.Absent, MissingAge = TimeSpan.FromMilliseconds(300) },
            s => (s.Exists, s.Remembers) = (static _ => false, false));
        string path = mount.PathOf(s_block);
        Assert.Equal(1, (await Command.RunAsync("test", "-e", path)).ExitCode);
        mount.Store.Exists = static _ => true;
        bool found = false;
        for (int i = 0; i < 2000 && !found; i++)
        {
            found = (await Command.RunAsync("test", "-e", path)).ExitCode == 0;
        }

        Assert.True(found);
    }

    [MountFact]
    public async Task ABlockThatIsWrittenToTheNewestVersionBelowAPhantomAppears()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(),
            static _ => false,
            s => s with { MaxAge = TimeSpan.Zero, Missing = MissingBlocks.Absent, MissingAge = TimeSpan.Zero },
            "latest",
            folder =>
            {
                Directory.CreateDirectory(Path.Join(folder, Volumes.Small().Uuid, "77", "export.n5"));
                return new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"] };
            });
        string path = mounted.PathOf(s_block);
        Assert.Equal(1, (await Command.RunAsync("test", "-e", path)).ExitCode);

        DatasetWriter.WriteBlock(mounted.Origin, mounted.Volume, s_block);

        await Command.RunCleanAsync("test", "-e", path);
        Assert.Equal("0", mounted.Mount.Volume!.ResolvedVersion);
    }

    [MountFact]
    public async Task PagesPastTheMaximumAgeAreDroppedSoThatTheNextReadAsksAgain()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(), s => s with { MaxAge = TimeSpan.FromMilliseconds(800) }, s => s.Remembers = false);
        string path = mount.PathOf(s_block);
        Assert.Equal(Sum(mount.Volume, 0), (await Command.RunCleanAsync("md5sum", path)).Split(' ')[0]);
        mount.Store.Edition = 1;
        string expected = Sum(mount.Volume, 1);
        string after = string.Empty;

        // md5sum reads in pieces: one that runs while the pages go sees the beginning of the old block and the end of the new one.
        for (int i = 0; i < 2000 && after != expected; i++)
        {
            after = (await Command.RunCleanAsync("md5sum", path)).Split(' ')[0];
        }

        Assert.Equal(expected, after);
        Assert.Equal(0, mount.Mount.Statistics[LinuxFuse.FuseOpcode.Release]);
    }

    [MountFact]
    public async Task WithAMaximumAgeOfZeroEveryOpenAsksOnceAndSeesTheNewest()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(), s => s with { MaxAge = TimeSpan.Zero }, s => s.Remembers = false);
        string path = mount.PathOf(s_block);
        for (int edition = 0; edition < 3; edition++)
        {
            mount.Store.Edition = edition;
            Assert.Equal(Sum(mount.Volume, edition), (await Command.RunCleanAsync("md5sum", path)).Split(' ')[0]);
        }

        Assert.Equal(3, mount.Store.Fetches);
    }

    /// <summary>The kernel has one set of pages of a file, whoever has it open.</summary>
    [MountFact]
    public async Task WithAMaximumAgeOfZeroWhoOpenedBeforeAChangeDoesNotFillThePagesOfWhoOpensAfterIt()
    {
        const string Script = """
            import mmap, os, sys
            old, new = (open(path, 'rb').read() for path in sys.argv[2:])
            before, after = (os.open(sys.argv[1], os.O_RDONLY) for _ in '12')
            assert os.pread(before, 4096, 0) == old[:4096]
            assert os.pread(after, 1 << 20, 0) == new
            assert os.pread(before, 1 << 20, 4096) == old[4096:]
            kernel = tuple(int(number) for number in os.uname().release.split('.')[:2])
            for flags in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
                if flags == mmap.MAP_PRIVATE or kernel >= (6, 6):
                    with mmap.mmap(after, len(new), flags, mmap.PROT_READ) as mapped:
                        assert mapped[:] == new, flags
            """;
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(), s => s with { MaxAge = TimeSpan.Zero }, s => (s.Remembers, s.GivenOut) = (false, _ => s.Edition++));
        string[] editions = [Path.Join(mount.Scratch, "old"), Path.Join(mount.Scratch, "new")];
        for (int edition = 0; edition < editions.Length; edition++)
        {
            await File.WriteAllBytesAsync(editions[edition], TestVoxels.FileOf(mount.Volume, s_block, edition));
        }

        await Command.RunCleanAsync("python3", "-c", Script, mount.PathOf(s_block), editions[0], editions[1]);
        Assert.Equal(2, mount.Store.Fetches);
    }

    [MountFact]
    public async Task ZerosOfABlockThatOthersWriteAreShownForTheAgeOfMissingOnesOnly()
    {
        TimeSpan age = TimeSpan.FromMilliseconds(300);
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(),
            s => s with { MissingAge = age },
            s => (s.Exists, s.Remembers, s.MissingLife) = (static _ => false, false, age));
        string path = mount.PathOf(s_block);
        await Command.RunCleanAsync("md5sum", path);
        mount.Store.Exists = static _ => true;
        string expected = Sum(mount.Volume, 0);
        string after = string.Empty;
        for (int i = 0; i < 2000 && after != expected; i++)
        {
            after = (await Command.RunCleanAsync("md5sum", path)).Split(' ')[0];
        }

        Assert.Equal(expected, after);
    }

    [MountFact]
    public async Task TheKernelBelievesThatABlockIsMissingNoLongerThanTheStoreStillDoes()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(),
            s => s with { Missing = MissingBlocks.Absent, MissingAge = TimeSpan.FromMinutes(5) },
            s => (s.Exists, s.Remembers, s.MissingLife) = (static _ => false, false, TimeSpan.FromMilliseconds(300)));
        string path = mount.PathOf(s_block);
        Assert.Equal(1, (await Command.RunAsync("test", "-e", path)).ExitCode);
        mount.Store.Exists = static _ => true;
        bool found = false;
        for (int i = 0; i < 2000 && !found; i++)
        {
            found = (await Command.RunAsync("test", "-e", path)).ExitCode == 0;
        }

        Assert.True(found);
    }

    [MountFact]
    public async Task AnOldVersionIsNeverAskedForTwice()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small("0", 0, 1), s => s with { MaxAge = TimeSpan.FromMilliseconds(20) });
        string path = mount.PathOf(s_block);
        string before = await Command.RunCleanAsync("md5sum", path);
        long messages = MountedDataset.MessagesOf(mount.Mount);
        mount.Store.Edition = 1;
        Assert.Equal(before, await Command.ShellAsync($"for i in $(seq 200); do md5sum {path} > {mount.Scratch}/sum; done; cat {mount.Scratch}/sum"));
        Assert.Equal(messages, MountedDataset.MessagesOf(mount.Mount));
    }

    private static string Sum(VolumeInfo volume, int edition) =>
#pragma warning disable CA5351 // md5sum is only the test's way to compare
        Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(TestVoxels.FileOf(volume, s_block, edition)));
#pragma warning restore CA5351
}
