using System.Diagnostics;
using DataStoreFS.Model;
using LinuxFuse;
using Xunit.Abstractions;

namespace Integration.Mounts;

/// <summary>Tests that measure this process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>What must not grow with the dataset, and what must not cost anything per request.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ScaleTests(ITestOutputHelper output)
{
    [MountFact]
    public async Task MemoryDoesNotGrowWithTheFilesThatWereSeen()
    {
        LevelInfo[] levels =
        [
            new(0, new Size3(1, 1, 1), new Size3(384, 384, 96), new Size3(64, 64, 16)),
            new(1, new Size3(2, 2, 1), new Size3(192, 192, 96), new Size3(64, 64, 16)),
            new(2, new Size3(4, 4, 2), new Size3(96, 96, 48), new Size3(64, 64, 16)),
        ];
        VolumeInfo volume = Volumes.Make("0", [0], [.. Enumerable.Range(0, 601)], [0, 1], levels);
        Stopwatch mounting = new();
        await using MountedDataset mounted = await MountedDataset.StartAsync(volume, static _ => false, s =>
        {
            mounting.Start();
            return s;
        });
        mounting.Stop();
        await Command.RunCleanAsync("find", mounted.Root + "/export.n5/setup0/timepoint0");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long requests = mounted.Server.Counters.Requests;

        string blocks = await Command.ShellAsync($"find {mounted.Root} -type f -path '*/s?/*/*/*' | wc -l");
        await Command.ShellAsync($"ls -lR {mounted.Root} > /dev/null");

        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine(
            $"mounted in {mounting.ElapsedMilliseconds} ms; {blocks.Trim()} block files; "
                + $"the heap grew by {grown} bytes; {mounted.Messages} messages");
        Assert.Equal(601 * 2 * (216 + 54 + 12), int.Parse(blocks, System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(grown < 1 << 20, $"the heap grew by {grown} bytes");
        Assert.Equal(requests, mounted.Server.Counters.Requests);
        Assert.Equal(0, mounted.Mount.Status().PageRuns);
    }

    [MountFact]
    public async Task AReadOfACachedBlockAllocatesNothing()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small());
        string path = mounted.PathOf(new BlockKey(0, 0, 0, 0, 1, 1, 1));
        await ReadDirectlyAsync(path, 50);
        long reads = mounted.Mount.Statistics[FuseOpcode.Read];
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        await ReadDirectlyAsync(path, 200);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        reads = mounted.Mount.Statistics[FuseOpcode.Read] - reads;
        output.WriteLine($"{allocated} bytes for {reads} reads");

        // What starting and watching the program costs this process is in the number, too.
        Assert.True(reads > 200 * 30, $"{reads} reads came");
        Assert.True(allocated / reads < 24, $"{allocated} bytes for {reads} reads");
    }

    /// <summary>Past the page cache, so that each read reaches the daemon.</summary>
    private static Task<string> ReadDirectlyAsync(string path, int times) => Command.RunCleanAsync(
        "/usr/bin/python3",
        "-c",
        "import os,mmap,sys\n"
            + "f=os.open(sys.argv[1],os.O_RDONLY|os.O_DIRECT); b=mmap.mmap(-1,4096)\n"
            + "for i in range(int(sys.argv[2])):\n"
            + "    for at in range(0,131072,4096): assert os.preadv(f,[b],at)==4096\n",
        path,
        times.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
