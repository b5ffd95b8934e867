using DataStoreFS.Model;
using DataStoreFS.Mounting;

namespace Integration.Mounts;

/// <summary>Foreign tools over whole trees with missing blocks, from a real server, in both modes.</summary>
public sealed class WholeTreeTests
{
    private static bool Exists(BlockKey key) => ((key.X * 7) + (key.Y * 3) + (key.Z * 5) + key.Level + key.Setup + key.Timepoint) % 4 != 0;

    [MountTheory]
    [InlineData(MissingBlocks.Zeros, "0")]
    [InlineData(MissingBlocks.Zeros, "mixedLatest")]
    [InlineData(MissingBlocks.Absent, "0")]
    [InlineData(MissingBlocks.Absent, "mixedLatest")]
    public async Task CopiersAndWalkersFindNothingToComplainAboutAndTheContentIsEqual(MissingBlocks missing, string version)
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), Exists, s => s with { Missing = missing }, version);
        string root = mounted.Root;
        string scratch = mounted.Scratch;
        await Command.RunCleanAsync("find", root);
        await Command.RunCleanAsync("ls", "-lR", root);
        await Command.RunCleanAsync("du", root);
        await Command.RunCleanAsync("cp", "-r", root, scratch + "/cp");
        await Command.ShellAsync($"mkdir {scratch}/tar && tar -C {root} -cf - . | tar -C {scratch}/tar -xf -");
        await Command.RunCleanAsync("rsync", "-a", root + "/", scratch + "/rsync/");
        Assert.Equal(string.Empty, await Command.RunCleanAsync("rsync", "-anOi", "--omit-dir-times", root + "/", scratch + "/rsync/"));
        foreach (string copy in new[] { "/cp", "/tar", "/rsync" })
        {
            await AssertEqualAsync(mounted.Volume, scratch + copy, missing);
        }

        Assert.NotEmpty(await File.ReadAllTextAsync(scratch + "/cp/export.xml"));
    }

    [MountFact]
    public async Task ARemountShowsTheSameTimesNumbersAndSizes()
    {
        VolumeInfo volume = Volumes.Small();
        await using MountedDataset first = await MountedDataset.StartAsync(volume, Exists);
        await using MountedDataset second = await MountedDataset.StartAsync(volume, Exists);
        const string format = "%P %i %s %b %n %m %u %g %T@ %C@ %A@\\n";
        Assert.Equal(
            await Command.RunCleanAsync("find", first.Root, "-printf", format), await Command.RunCleanAsync("find", second.Root, "-printf", format));
    }

    [MountFact]
    public async Task WalkingCostsNoRequestAndReadingABlockTwiceCostsNoMessage()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), Exists);
        long requests = mounted.Server.Counters.Requests;
        await Command.RunCleanAsync("find", mounted.Root);
        await Command.RunCleanAsync("ls", "-lR", mounted.Root);
        await Command.RunCleanAsync("du", mounted.Root);
        Assert.Equal(requests, mounted.Server.Counters.Requests);

        BlockKey key = TestVoxels.AllBlocks(mounted.Volume).First(Exists);
        await Command.RunCleanAsync("md5sum", mounted.PathOf(key));
        long messages = mounted.Messages;
        requests = mounted.Server.Counters.Requests;
        await Command.RunCleanAsync("md5sum", mounted.PathOf(key));
        Assert.Equal((messages, requests), (mounted.Messages, mounted.Server.Counters.Requests));
    }

    [MountFact]
    public async Task EightProgramsThatAskForOneBlockCauseOneFetch()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small());
        long before = mounted.Server.Counters.BlockRequests;
        string path = mounted.PathOf(new BlockKey(0, 0, 0, 0, 1, 1, 1));
        string[] sums = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Command.RunCleanAsync("md5sum", path)));
        Assert.Single(sums.Distinct());
        Assert.Equal(before + 1, mounted.Server.Counters.BlockRequests);
    }

    private static async Task AssertEqualAsync(VolumeInfo volume, string copy, MissingBlocks missing)
    {
        foreach (BlockKey key in TestVoxels.AllBlocks(volume))
        {
            string path = string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{copy}/export.n5/setup{volume.Setups[key.Setup].Id}/timepoint{volume.TimepointIds[key.Timepoint]}/s{key.Level}"
                    + $"/{key.X}/{key.Y}/{key.Z}");
            if (!Exists(key) && missing == MissingBlocks.Absent)
            {
                Assert.False(File.Exists(path), path);
                continue;
            }

            byte[] expected = Exists(key) ? TestVoxels.FileOf(volume, key) : TestVoxels.ZerosOf(volume, key);
            Assert.True((await File.ReadAllBytesAsync(path)).AsSpan().SequenceEqual(expected), path);
        }
    }
}
