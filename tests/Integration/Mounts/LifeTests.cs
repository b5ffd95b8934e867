using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;
using Mono.Unix.Native;

namespace Integration.Mounts;

/// <summary>Beginning and end of mounts.</summary>
public sealed partial class LifeTests
{
    [MountFact]
    public async Task SomebodyElsesUmountEndsItCleanly()
    {
        using RecordingLog log = new();
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small(), logging: log);
        await Command.RunCleanAsync("cat", mount.PathOf(new BlockKey(0, 0, 0, 0, 0, 0, 0)));
        await Command.RunCleanAsync("umount", mount.Root);
        await mount.Mount.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(log.Errors);
        Assert.Empty(Directory.EnumerateFiles(mount.RuntimeFolder));
    }

    [MountFact]
    public async Task StopIsRefusedWhileAProgramIsInTheMountAndWorksWhenItHasLeft()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small());
        using Process inside = Command.Start("/bin/sh", "-c", $"cd {mount.Root} && echo in && exec sleep 100");
        Assert.Equal("in", await inside.StandardOutput.ReadLineAsync());
        DataStoreException busy = await Assert.ThrowsAsync<DataStoreException>(
            () => ControlClient.SendAsync(mount.Root, ControlCommand.Stop, default, mount.RuntimeFolder));
        Assert.DoesNotContain('\n', busy.Message);
        inside.Kill();
        await inside.WaitForExitAsync();
        await ControlClient.SendAsync(mount.Root, ControlCommand.Stop, default, mount.RuntimeFolder);
        await mount.Mount.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(Directory.EnumerateFileSystemEntries(mount.Root));
    }

    [MountFact]
    public async Task AMountLeftByAKilledDaemonIsClearedAndTakenOver()
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        try
        {
            LeaveAStaleMount(folder);
            CommandResult stale = await Command.RunAsync("ls", folder);
            Assert.Contains("Transport endpoint is not connected", stale.Errors, StringComparison.Ordinal);
            using RecordingLog log = new();
            Assert.Equal(folder, await MountPointCheck.PrepareAsync(folder, log, default));
            Assert.Contains(log.Lines, l => l.Text.Contains("left mounted", StringComparison.Ordinal));
            await Command.RunCleanAsync("ls", folder);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [MountFact]
    public async Task AMountThatDoesNotAnswerIsNamedInsteadOfWaitedFor()
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        int device = LeaveASilentMount(folder);
        try
        {
            using RecordingLog log = new();
            DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(
                () => MountPointCheck.PrepareAsync(folder, log, default, TimeSpan.FromMilliseconds(200)));
            Assert.Contains("umount -f " + folder, refused.Message, StringComparison.Ordinal);
            await Command.RunCleanAsync("umount", "-f", "-l", folder);
        }
        finally
        {
            Assert.Equal(0, Syscall.close(device));
            Directory.Delete(folder);
        }
    }

    [MountFact]
    public async Task ALiveMountAtTheSamePlaceIsNotTakenOver()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small());
        using RecordingLog log = new();
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(() => MountPointCheck.PrepareAsync(mount.Root, log, default));
        Assert.Contains("mounted already", refused.Message, StringComparison.Ordinal);
        await Command.RunCleanAsync("cat", mount.Root + "/export.xml");
    }

    [MountFact]
    public async Task StatusCountsWhatHappened()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small());
        await Command.RunCleanAsync("md5sum", mounted.PathOf(new BlockKey(0, 0, 0, 0, 0, 0, 0)));
        MountStatus status = MountStatusJson.Read(await ControlClient.SendAsync(mounted.Root, ControlCommand.Status, default, mounted.RuntimeFolder));
        Assert.Equal(mounted.Root, status.MountPoint);
        Assert.Equal("zeros", status.Missing);
        Assert.Equal(16 + (64 * 64 * 16 * 2), status.BytesRead);
        Assert.True(status.MemoryMisses >= 1);
        Assert.Equal(1, status.PageRuns);
        Assert.True(status.Requests["Read"] >= 1);
        Assert.Null(status.Outage);
    }

    /// <summary>Mounts and lets go of the descriptor, which is what the kernel sees when a daemon is killed.</summary>
    private static void LeaveAStaleMount(string folder) => Assert.Equal(0, Syscall.close(LeaveASilentMount(folder)));

    /// <summary>Mounts and never reads a request. Ends when the descriptor that is returned is closed.</summary>
    private static int LeaveASilentMount(string folder)
    {
        int device = Syscall.open("/dev/fuse", OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
        Assert.True(device >= 0);
        string options = string.Create(CultureInfo.InvariantCulture, $"fd={device},rootmode=40000,user_id=0,group_id=0");
        Assert.Equal(0, Mount("stale", folder, "fuse.datastorefs", 0, options));
        return device;
    }

    [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string options);
}
