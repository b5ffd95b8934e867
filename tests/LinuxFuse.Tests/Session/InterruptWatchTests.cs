using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Session;

/// <summary>Which INTERRUPTs cancel a request.</summary>
public class InterruptWatchTests
{
    /// <summary>A signal that the program goes on after is not the request's business; only one message comes for both.</summary>
    [Fact]
    public async Task ASignalThatItsCallerSurvivesCancelsNothingAndAKillAfterItIsSeen()
    {
        TaskCompletionSource<CancellationToken> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        SemaphoreSlim looks = new(0);
        bool killed = false;
        FuseOptions options = FakeKernel.Options with
        {
            MustEnd = _ =>
            {
                looks.Release();
                return Volatile.Read(ref killed);
            },
        };
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                Task forever = Task.Delay(Timeout.Infinite, op.Request.Interrupted);
                started.SetResult(op.Request.Interrupted);
                await forever;
                return Errno.OK;
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, options);
        ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        CancellationToken interrupted = await started.Task;
        Interrupt(kernel, unique);
        for (int i = 0; i < 3; i++)
            Assert.True(await looks.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.False(interrupted.IsCancellationRequested);
        Volatile.Write(ref killed, true);
        Assert.Equal(Errno.EINTR, kernel.AnswerTo(unique).Error);
    }

    [Fact]
    public async Task AnAnsweredRequestIsNotLookedAtAnyMore()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        SemaphoreSlim looks = new(0);
        FuseOptions options = FakeKernel.Options with
        {
            MustEnd = _ =>
            {
                looks.Release();
                return false;
            },
        };
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                await release.Task;
                return Errno.ENOENT;
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, options);
        ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        Interrupt(kernel, unique);
        Assert.True(await looks.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, mount.Session.Interrupts.Count);
        release.SetResult();
        Assert.Equal(Errno.ENOENT, kernel.AnswerTo(unique).Error);
        Assert.True(SpinWait.SpinUntil(() => mount.Session.Interrupts.Count == 0, TimeSpan.FromSeconds(20)));
    }

    /// <summary>fcntl(2): "if a signal is caught while waiting, the call is interrupted". Programs give up waiting by an alarm.</summary>
    [Fact]
    public async Task AWaitForALockEndsWithEverySignal()
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnSetLock = async op =>
            {
                Task forever = Task.Delay(Timeout.Infinite, op.Request.Interrupted);
                started.SetResult();
                await forever;
                return Errno.OK;
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { MustEnd = static _ => false });
        ulong unique = kernel.Send(FuseOpcode.SetLockWait, 1, FakeKernel.Bytes(new LockIn()));
        await started.Task;
        Interrupt(kernel, unique);
        Assert.Equal(Errno.EINTR, kernel.AnswerTo(unique).Error);
    }

    private static void Interrupt(FakeKernel kernel, ulong unique) =>
        kernel.Send(unique | 1, FuseOpcode.Interrupt, 0, FakeKernel.Bytes(new InterruptIn { Unique = unique }));
}
