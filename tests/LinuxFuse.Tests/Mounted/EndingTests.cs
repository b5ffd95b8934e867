using System.Diagnostics;
using LinuxFuse.Interop;
using LinuxFuse.Samples;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Mounted;

public class EndingTests
{
    private const int SigKill = 9;

    [FuseFact]
    public async Task ABusyMountSaysSoAndStays()
    {
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        await using (FileStream file = File.Create(mount["f"]))
        {
            FuseException exception = await Assert.ThrowsAsync<FuseException>(() => mount.Mount.UnmountAsync());
            Assert.Equal(Errno.EBUSY, exception.Errno);
            file.WriteByte(1);
        }

        Assert.Equal(1, new FileInfo(mount["f"]).Length);
        await mount.Mount.UnmountAsync();
        Assert.True(mount.Mount.Completion.IsCompletedSuccessfully);
        Assert.Empty(Directory.GetFileSystemEntries(mount.Path));
    }

    [FuseFact]
    public async Task LazilyUnmountedTheNameGoesAtOnceAndTheRestWithTheLastFile()
    {
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        FileStream file = File.Create(mount["f"]);
        await mount.Mount.UnmountAsync(lazy: true);
        Assert.Empty(Directory.GetFileSystemEntries(mount.Path));
        Assert.False(mount.Mount.Completion.IsCompleted);
        file.WriteByte(1);
        await file.DisposeAsync();
        await mount.Mount.Completion.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [FuseFact]
    public Task WhatIsOpenIsAnsweredWhileAMountIsDisposedOf() => DisposeWhileAFileIsOpenAsync(static _ => Task.CompletedTask);

    [FuseFact]
    public Task WhatIsOpenIsAnsweredAlsoWhenSomebodyHasDetachedTheMountBefore() =>
        DisposeWhileAFileIsOpenAsync(static mount => FuseMount.UnmountAsync(mount.Path, lazy: true));

    [FuseFact]
    public async Task DisposingABusyMountEndsItAfterTheDrainTime()
    {
        TempMount mount = await TempMount.CreateAsync(
            new MemoryFileSystem(), TempMount.Options with { DrainTimeout = TimeSpan.FromMilliseconds(200) });
        int fd = Posix.Open(mount["f"], Posix.ReadWrite | Posix.Create, 0b110_100_100);
        await mount.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(mount.Mount.Completion.IsCompletedSuccessfully);
        Assert.Equal(-1, Posix.Close(fd));
        Assert.True(Posix.LastErrno is Errno.ENOTCONN or Errno.ECONNABORTED);
    }

    [FuseFact]
    public async Task DisposingTakesADeadMountOutOfTheTree()
    {
        TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        int fd = Posix.Open(mount["f"], Posix.ReadWrite | Posix.Create, 0b110_100_100);
        _ = Libc.Unmount(mount.Path, Posix.ForceUnmount);
        await mount.Mount.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(FuseMount.IsStale(mount.Path));
        _ = Posix.Close(fd);
        await mount.DisposeAsync();
        Assert.False(Directory.Exists(mount.Path));
    }

    /// <summary>Through fusectl, which need not be mounted here, so it is in a namespace of its own.</summary>
    [FuseFact]
    public async Task AnAbortedConnectionFaultsCompletion()
    {
        await using TempMount mount = await TempMount.CreateAsync(new MemoryFileSystem());
        string number = LinuxFuse.Mounting.MountTable.Find(mount.Path)!.Device.Split(':')[1];
        const string connections = "/sys/fs/fuse/connections";
        string script = $"mount -t fusectl none {connections} && echo 1 > {connections}/{number}/abort";
        using Process process = Process.Start("unshare", ["-m", "sh", "-c", script]);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, process.ExitCode);
        FuseException exception = await Assert.ThrowsAsync<FuseException>(() => mount.Mount.Completion.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(Errno.ECONNABORTED, exception.Errno);
    }

    [FuseFact]
    public async Task AKilledProcessIsGoneAtOnceAlthoughTheAnswerWouldTakeForEver()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnGetAttr = op => new(op.Reply(new FuseAttr { Type = FileType.Directory, Permissions = 0b111_101_101 }, TimeSpan.MaxValue)),
            OnLookup = async op =>
            {
                asked.TrySetResult();
                await Task.Delay(Timeout.Infinite, op.Request.Interrupted);
                return Errno.OK;
            },
        };
        await using TempMount mount = await TempMount.CreateAsync(fileSystem);
        using Process process = Process.Start(new ProcessStartInfo("cat", [mount["hangs"]]) { RedirectStandardError = true })!;
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, Posix.Kill(process.Id, SigKill));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(128 + SigKill, process.ExitCode);
        Assert.True(mount.Mount.Statistics.Interrupts > 0);
    }

    [FuseFact]
    public async Task AMountPointThatCannotBeUsedIsNamed()
    {
        FuseException missing = await Assert.ThrowsAsync<FuseException>(() => FuseMount.MountAsync("/no/such/directory", new HelloFileSystem()));
        Assert.Equal(Errno.ENOENT, missing.Errno);
        Assert.Contains("/no/such/directory does not exist", missing.Message, StringComparison.Ordinal);
        FuseException file = await Assert.ThrowsAsync<FuseException>(() => FuseMount.MountAsync("/proc/version", new HelloFileSystem()));
        Assert.Equal(Errno.ENOTDIR, file.Errno);
        FuseException nothing = await Assert.ThrowsAsync<FuseException>(() => FuseMount.UnmountAsync("/proc"));
        Assert.Equal(Errno.EINVAL, nothing.Errno);
    }

    [FuseFact]
    public async Task ATraceInsideOfTheMountIsRefused()
    {
        string path = TempMount.NewDirectory();
        FuseOptions options = TempMount.Options with { TraceFile = Path.Combine(path, "trace") };
        FuseException exception = await Assert.ThrowsAsync<FuseException>(() => FuseMount.MountAsync(path, new HelloFileSystem(), options));
        Assert.Equal(Errno.EDEADLK, exception.Errno);
        Directory.Delete(path);
    }

    [FuseFact]
    public async Task AFailedInitLeavesNoMountBehind()
    {
        string path = TempMount.NewDirectory();
        ScriptedFileSystem fileSystem = new() { OnInit = (_, _) => throw new InvalidDataException("no such dataset") };
        await Assert.ThrowsAsync<InvalidDataException>(() => FuseMount.MountAsync(path, fileSystem, TempMount.Options));
        Assert.Null(LinuxFuse.Mounting.MountTable.Find(path));
        Directory.Delete(path);
    }

    [FuseFact]
    public async Task AMountedDescriptorFromSomebodyElseIsServed()
    {
        string path = TempMount.NewDirectory();
        using Microsoft.Win32.SafeHandles.SafeFileHandle device = LinuxFuse.Mounting.DirectMount.TryMount(path, TempMount.Options)!;
        int passed = Posix.Duplicate((int)device.DangerousGetHandle());
        device.Dispose();
        await using (FuseMount mount = await FuseMount.MountAsync($"/dev/fd/{passed}", new HelloFileSystem(), TempMount.Options))
        {
            Assert.Null(mount.MountPoint);
            Assert.Equal("hello, world\n", await File.ReadAllTextAsync(Path.Combine(path, "hello")));
        }

        Assert.True(FuseMount.IsStale(path));
        await FuseMount.UnmountAsync(path);
        Directory.Delete(path);
    }

    /// <summary>The end comes with the last close, long before the drain time is over.</summary>
    private static async Task DisposeWhileAFileIsOpenAsync(Func<TempMount, Task> before)
    {
        MemoryLogger logger = new();
        TempMount mount = await TempMount.CreateAsync(
            new MemoryFileSystem(), TempMount.Options with { DrainTimeout = TimeSpan.FromMinutes(10), LoggerFactory = logger });
        FileStream file = new(mount["f"], FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.WriteByte(1);
        await before(mount);
        Task disposing = mount.DisposeAsync().AsTask();
        Assert.True(SpinWait.SpinUntil(
            () => disposing.IsCompleted || logger.Lines.Any(line => line.Contains("is answered for 600 s", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(20)));
        Assert.Null(LinuxFuse.Mounting.MountTable.Find(mount.Path));
        for (int i = 0; i < 100; i++)
            file.WriteByte(2);
        Assert.False(disposing.IsCompleted);
        await file.DisposeAsync();
        await disposing.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(mount.Mount.Completion.IsCompletedSuccessfully);
        Assert.Equal(101, mount.Mount.Statistics[FuseOpcode.Write]);
    }
}
