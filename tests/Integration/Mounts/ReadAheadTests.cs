using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Mounts;

/// <summary>Prefetching and the disk cache on real mounts: what matters is what the server is asked for.</summary>
public sealed class ReadAheadTests
{
    private static readonly VolumeInfo s_walked = Volumes.Make(
        "0", [0], [0], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(64, 128, 256), new Size3(16, 16, 16)));

    [MountFact]
    public async Task AProgramThatWalksThroughALevelIsServedWithFewRequests()
    {
        await using MountedDataset ahead = await MountedDataset.StartAsync(s_walked);
        await CatAsync(ahead, s_walked, ahead.Root);

        long requests = ahead.Server.Counters.BlockRequests;
        long blocks = ahead.Server.Counters.BlocksRead;
        MountStatus status = ahead.Mount.Status();
        Assert.Equal(4 * 8 * 16, blocks);
        Assert.True(requests < blocks / 2, $"{requests} requests for {blocks} blocks; {status.Prefetched} ahead, {status.PrefetchedUsed} used");
        Assert.True(status.PrefetchedUsed > blocks / 4);
    }

    [MountFact]
    public async Task AProgramThatListsRowAfterRowFindsTheNextOnesSettled()
    {
        await using MountedDataset mount = await MountedDataset.StartAsync(s_walked, settings: s => s with { Missing = MissingBlocks.Absent });
        string listed = await Command.ShellAsync($"find {mount.Root} -type f | wc -l");

        MountStatus status = mount.Mount.Status();
        Assert.True(int.Parse(listed, System.Globalization.CultureInfo.InvariantCulture) >= 4 * 8 * 16, listed);
        Assert.Equal(4 * 8 * 16, mount.Server.Counters.BlocksRead);
        Assert.True(status.PrefetchedUsed > 4 * 8 * 16 / 4, $"{status.Prefetched} ahead, {status.PrefetchedUsed} used");
    }

    [MountFact]
    public async Task SwitchedOffNothingIsReadAhead()
    {
        await using MountedDataset mount = await MountedDataset.StartAsync(s_walked, settings: s => s with { Prefetch = "off" });
        string[] paths = [.. TestVoxels.AllBlocks(s_walked).Take(40).Select(mount.PathOf)];
        await Command.ShellAsync($"cat {string.Join(' ', paths)} | wc -c");

        Assert.Equal(40, mount.Server.Counters.BlocksRead);
        Assert.Equal(0, mount.Mount.Status().Prefetched);
    }

    [MountTheory]
    [InlineData(MissingBlocks.Zeros)]
    [InlineData(MissingBlocks.Absent)]
    public async Task ALaterMountFindsInTheDiskCacheWhatAnEarlierOneFetched(MissingBlocks missing)
    {
        string cache = Directory.CreateTempSubdirectory("datastorefs-cache-").FullName;
        string second = Directory.CreateTempSubdirectory("datastorefs-mount-").FullName;
        try
        {
            await using MountedDataset mounted = await MountedDataset.StartAsync(
                s_walked, settings: s => s with { Missing = missing, DiskCache = new DiskTierOptions(cache, 1 << 30) });
            string first = await CatAsync(mounted, s_walked, mounted.Root);
            await mounted.Mount.StopAsync(lazy: false, default);
            long fetched = mounted.Server.Counters.BlocksRead;

            await using (DataStoreMount later = await DataStoreMount.StartAsync(
                mounted.Mount.Settings with { MountPoint = second }, NullLoggerFactory.Instance, default))
            {
                Assert.Equal(first, await CatAsync(mounted, s_walked, second));
                Assert.True(later.Status().Disk!.Hits >= 4 * 8 * 16);
            }

            Assert.Equal(fetched, mounted.Server.Counters.BlocksRead);
        }
        finally
        {
            Directory.Delete(second);
            Directory.Delete(cache, true);
        }
    }

    [MountFact]
    public async Task ADiskCacheBelowTheMountPointIsRefused()
    {
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(
            () =>
                MountedDataset.StartAsync(
                    s_walked, settings: s => s with { DiskCache = new DiskTierOptions(Path.Join(s.MountPoint, "cache"), 1 << 30) }));
        Assert.Contains("disk cache", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The checksum of all blocks, read one after the other by one program.</summary>
    private static Task<string> CatAsync(MountedDataset mounted, VolumeInfo volume, string root)
    {
        string list = Path.Join(mounted.Scratch, "list");
        File.WriteAllLines(
            list,
            TestVoxels.AllBlocks(volume).OrderBy(b => (b.X, b.Y, b.Z)).Select(
                b => mounted.PathOf(b).Replace(mounted.Root, root, StringComparison.Ordinal)));
        return Command.ShellAsync($"xargs -n 1000 cat < {list} | sha256sum");
    }
}
