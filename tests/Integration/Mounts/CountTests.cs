using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.N5;
using LinuxFuse;

namespace Integration.Mounts;

/// <summary>What reading costs, in messages of the kernel and requests to the server.</summary>
public sealed class CountTests
{
    // 64 KiB: below the smallest read-ahead window, so that one READ has it all whatever the mount may set.
    private static readonly VolumeInfo s_volume = Volumes.Make(
        "0", [0], [0], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(128, 64, 256), new Size3(32, 32, 32)));

    [MountTheory]
    [InlineData(MissingBlocks.Zeros)]
    [InlineData(MissingBlocks.Absent)]
    public async Task AFreshFileCostsTwoMessagesAndARereadFileNone(MissingBlocks missing)
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(s_volume, settings: s => s with { Missing = missing });

        // Looks the folders up, and lets the kernel learn that OPEN needs no answer.
        await Command.RunCleanAsync("cat", mounted.PathOf(new BlockKey(0, 0, 0, 0, 0, 0, 0)));
        string[] paths = [.. Enumerable.Range(1, 7).Select(z => mounted.PathOf(new BlockKey(0, 0, 0, 0, 0, 0, z)))];
        IReadOnlyDictionary<FuseOpcode, long> before = mounted.Mount.Statistics.Snapshot();
        await Command.ShellAsync($"cat {string.Join(' ', paths)} | wc -c");
        Assert.Equal(
            [(FuseOpcode.Lookup, paths.Length), (FuseOpcode.Read, paths.Length)],
            Since(before, mounted).Order().Select(c => (c.Opcode, (int)c.Count)));

        before = mounted.Mount.Statistics.Snapshot();
        await Command.ShellAsync($"cat {string.Join(' ', paths)} | wc -c");
        Assert.Empty(Since(before, mounted));
    }

    /// <summary>What the kernel has and keeps may leave the daemon's memory first.</summary>
    [MountTheory]
    [InlineData(600, true)]
    [InlineData(0, false)]
    public async Task ABlockIsDeliveredWhenTheKernelHasAllOfItAndKeepsItAfterClose(int maxAge, bool delivered)
    {
        ConcurrentQueue<BlockBuffer> given = [];
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            s_volume, s => s with { MaxAge = TimeSpan.FromSeconds(maxAge) }, s => s.GivenOut = block => given.Enqueue(block.Retain()));
        await Command.RunCleanAsync("cat", mount.PathOf(new BlockKey(0, 0, 0, 0, 1, 1, 1)));
        Assert.NotEmpty(given);
        Assert.Equal(delivered, given.Any(block => block.IsDelivered));
        foreach (BlockBuffer block in given)
        {
            block.Release();
        }
    }

    [MountTheory]
    [InlineData("auto")]
    [InlineData("off")]
    public async Task EightReadersInAnyOrderFetchEachBlockOnceAndNeverNeedMoreThanOneRequestForIt(string prefetch)
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(s_volume, settings: s => s with { Prefetch = prefetch });
        long requests = mounted.Server.Counters.BlockRequests;
        string[] paths = [.. TestVoxels.AllBlocks(s_volume).Select(mounted.PathOf)];
        new Random(1).Shuffle(paths);
        string list = Path.Join(mounted.Scratch, "list");
        await File.WriteAllLinesAsync(list, paths);
        await Command.ShellAsync($"xargs -P 8 -n 8 cat < {list} | wc -c");

        Assert.Equal(paths.Length, mounted.Server.Counters.BlocksRead);
        Assert.InRange(mounted.Server.Counters.BlockRequests - requests, 1, paths.Length);
    }

    [MountFact]
    public async Task ANewFileCostsSevenMessages()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            s_volume, static _ => false, s => MountedDataset.Writable(s) with { Missing = MissingBlocks.Absent });
        string block = Path.Join(mounted.Scratch, "block");
        await File.WriteAllBytesAsync(block, TestVoxels.FileOf(s_volume, new BlockKey(0, 0, 0, 0, 1, 1, 1)));
        string[] paths = [.. Enumerable.Range(0, 8).Select(z => mounted.PathOf(new BlockKey(0, 0, 0, 0, 1, 1, z)))];
        await WriteAsync(paths[0]); // looks the folders up
        IReadOnlyDictionary<FuseOpcode, long> before = mounted.Mount.Statistics.Snapshot();
        foreach (string path in paths[1..])
        {
            await WriteAsync(path);
        }

        Dictionary<FuseOpcode, long> cost = Since(before, mounted).ToDictionary(c => c.Opcode, c => c.Count);
        Assert.All(
            [FuseOpcode.Lookup, FuseOpcode.Create, FuseOpcode.Write, FuseOpcode.Fsync],
            opcode => Assert.Equal(paths.Length - 1, cost.GetValueOrDefault(opcode)));

        // The folder's, since it has one file more; of the new file nothing is asked.
        Assert.InRange(cost.GetValueOrDefault(FuseOpcode.GetAttr), 0, paths.Length - 1);
        Assert.Equal(
            0, cost.GetValueOrDefault(FuseOpcode.SetAttr) + cost.GetValueOrDefault(FuseOpcode.Open) + cost.GetValueOrDefault(FuseOpcode.Read));
        if (Environment.OSVersion.Version >= new Version(6, 6))
        {
            Assert.DoesNotContain(FuseOpcode.GetXAttr, cost); // written past the page cache
        }

        Task<string> WriteAsync(string path) => Command.RunCleanAsync(
            "python3",
            "-c",
            "import os,sys; f=os.open(sys.argv[2],os.O_WRONLY|os.O_CREAT|os.O_TRUNC); "
                + "os.write(f,open(sys.argv[1],'rb').read()); os.fsync(f); os.close(f)",
            block,
            path);
    }

    /// <summary>Without the forgetting of nodes, which comes when it likes.</summary>
    private static IEnumerable<(FuseOpcode Opcode, long Count)> Since(IReadOnlyDictionary<FuseOpcode, long> before, MountedDataset mounted) =>
        from now in mounted.Mount.Statistics.Snapshot()
        where now.Key is not (FuseOpcode.Forget or FuseOpcode.BatchForget)
        let count = now.Value - before.GetValueOrDefault(now.Key)
        where count > 0
        select (now.Key, count);
}
