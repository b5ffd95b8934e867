using System.Diagnostics;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;

namespace Integration.Mounts;

/// <summary>What programs see when blocks cannot be had, and how they get away from a server that does not answer.</summary>
public sealed class FaultTests
{
    private static readonly BlockKey s_bad = new(0, 0, 0, 0, 1, 1, 1);
    private static readonly BlockKey s_good = new(0, 0, 0, 0, 0, 1, 1);

    [MountTheory]
    [InlineData(MissingBlocks.Zeros, DataStoreErrorKind.Unreachable, "Input/output error")]
    [InlineData(MissingBlocks.Absent, DataStoreErrorKind.Unreachable, "Input/output error")]
    [InlineData(MissingBlocks.Zeros, DataStoreErrorKind.Unauthorized, "Permission denied")]
    [InlineData(MissingBlocks.Absent, DataStoreErrorKind.Protocol, "Input/output error")]
    [InlineData(MissingBlocks.Absent, DataStoreErrorKind.NotFound, "Input/output error")]
    public async Task AFailingBlockIsSeenByNameAndFailsWhenItIsReadUntilTheServerIsBack(
        MissingBlocks missing, DataStoreErrorKind kind, string message)
    {
        using RecordingLog log = new();
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(),
            s => s with { Missing = missing },
            s => s.Fails = k => k == s_bad ? new DataStoreException(kind, "the reason") : null,
            log);
        string path = mount.PathOf(s_bad);
        await Command.RunCleanAsync("ls", "-l", Path.GetDirectoryName(path)!);
        Assert.Equal($"{16 + (64 * 64 * 16 * 2)}\n", await Command.RunCleanAsync("stat", "-c", "%s", path));
        for (int i = 0; i < 3; i++)
        {
            CommandResult result = await Command.RunAsync("cat", path);
            Assert.Equal((1, $"cat: {path}: {message}\n"), (result.ExitCode, result.Errors));
        }

        await Command.RunCleanAsync("cat", mount.Root + "/export.xml");
        Assert.Contains(
            log.Errors,
            l => l.Contains("setup0/timepoint3/s0/1/1/1", StringComparison.Ordinal) && l.Contains("the reason", StringComparison.Ordinal));
        Assert.Single(log.Errors);

        mount.Store.Fails = static _ => null;
        await Command.RunCleanAsync("cmp", "-n", "16", path, mount.PathOf(s_good));
    }

    [MountTheory]
    [InlineData(MissingBlocks.Zeros)]
    [InlineData(MissingBlocks.Absent)]
    public async Task ABrokenBlockOnTheServerIsNoFaultOfThoseThatAreAskedForWithIt(MissingBlocks missing)
    {
        using RecordingLog log = new();
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), settings: s => s with { Missing = missing }, logging: log);
        string level = Path.GetFullPath(mounted.PathOf(s_bad) + "/../../..");
        string broken = Path.Join(
            mounted.Origin, mounted.Volume.Uuid, mounted.Volume.ResolvedVersion, mounted.PathOf(s_bad)[(mounted.Root.Length + 1)..]);
        await using (FileStream file = File.OpenWrite(broken))
        {
            file.SetLength(100);
        }

        // All at the same time, so that they share requests.
        CommandResult result = await Command.RunAsync("sh", "-c", $"cd {level} && for file in [0-9]*/*/*; do cat $file >/dev/null & done; wait");

        Assert.Equal("cat: 1/1/1: Input/output error\n", result.Errors);
        Assert.InRange(mounted.Server.Counters.BlockRequests, 2, 27);
        Assert.Contains("s0/1/1/1", Assert.Single(log.Errors), StringComparison.Ordinal);
    }

    [MountTheory]
    [InlineData(MissingBlocks.Zeros)]
    [InlineData(MissingBlocks.Absent)]
    public async Task AKilledProgramIsGoneAtOnceAlthoughTheServerStalls(MissingBlocks missing)
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small(), s => s with { Missing = missing });
        mount.Store.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using Process waiting = Command.Start("cat", mount.PathOf(s_bad));
        await mount.Store.Began.WaitAsync();
        Stopwatch freed = Stopwatch.StartNew();
        waiting.Kill();
        await waiting.WaitForExitAsync();

        // Required are 50 ms; a loaded test machine gets slack, a daemon that ignores INTERRUPT would be off by the whole stall.
        Assert.True(freed.Elapsed < TimeSpan.FromSeconds(2), $"it took {freed.ElapsedMilliseconds} ms");
        MountStatus status = MountStatusJson.Read(await ControlClient.SendAsync(mount.Root, ControlCommand.Status, default, mount.RuntimeFolder));
        Assert.Equal(Environment.ProcessId, status.ProcessId);

        mount.Store.Gate.SetResult();
        mount.Store.Gate = null;
        await Command.RunCleanAsync("cat", mount.PathOf(s_bad));
    }

    [MountFact]
    public async Task AServerThatIsDownAtMountIsOneLineAndLeavesNothingBehind()
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        try
        {
            // Port 9 (discard) on loopback: nobody listens there.
            MountSettings settings = new()
            {
                Source = SourceAddress.Parse("http://127.0.0.1:9/datasets/x/0"),
                MountPoint = folder,
                RuntimeFolder = folder + "-run",
                RequestTimeout = TimeSpan.FromSeconds(2),
            };
            using RecordingLog log = new();
            DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(() => DataStoreMount.StartAsync(settings, log, default));
            Assert.Contains("127.0.0.1:9", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
            Assert.DoesNotContain(folder, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder + "-run"));
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [MountTheory]
    [InlineData("nothing-here", "0", DataStoreErrorKind.NotFound)]
    [InlineData("scripted", "7", DataStoreErrorKind.NotFound)]
    public async Task AnUnknownDatasetOrVersionIsOneLineThatNamesIt(string uuid, string version, DataStoreErrorKind kind)
    {
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(() => MountedDataset.StartAsync(
            Volumes.Small(), static _ => false, s => s with { Source = s.Source with { Uuid = uuid, Version = version } }));
        Assert.Equal(kind, refused.Kind);
        Assert.Contains(version == "7" ? "7" : uuid, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
