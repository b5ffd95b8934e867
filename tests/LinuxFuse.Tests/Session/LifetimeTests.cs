using LinuxFuse.Protocol;
using LinuxFuse.Session;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Session;

public class LifetimeTests
{
    [Fact]
    public async Task WhenTheKernelEndsTheConnectionEverythingIsGivenBack()
    {
        ScriptedFileSystem fileSystem = new() { OnWrite = op => new(op.Reply(op.Data.Length)), OnRead = op => new(op.Reply(op.Buffer.Length)) };
        using FakeKernel kernel = new();
        FuseMount mount = await kernel.StartAsync(fileSystem);
        kernel.Call(FuseOpcode.Write, 2, FakeKernel.Bytes(new WriteIn { Size = 30000 }), new byte[30000]);
        kernel.Call(FuseOpcode.Read, 2, FakeKernel.Bytes(new ReadIn { Size = 30000 }));
        kernel.Hangup();
        await mount.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((1, true), (fileSystem.Destroyed, fileSystem.WasUnmounted));
        Assert.Equal((0, 0), (mount.Session.Buffers.Rented, mount.Session.Requests.Rented));
        Assert.True(kernel.Daemon.IsClosed);
        await mount.DisposeAsync();
        Assert.Equal(1, fileSystem.Destroyed);
    }

    [Fact]
    public async Task DisposingEndsReadersThatWaitForTheKernel()
    {
        ScriptedFileSystem fileSystem = new();
        using FakeKernel kernel = new();
        FuseMount mount = await kernel.StartAsync(fileSystem);
        await mount.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(mount.Completion.IsCompletedSuccessfully);
        Assert.Equal((1, false), (fileSystem.Destroyed, fileSystem.WasUnmounted));
    }

    [Fact]
    public async Task DisposingLetsHandlersFinish()
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                started.SetResult();
                await release.Task;
                return Errno.ENOENT;
            },
        };
        using FakeKernel kernel = new();
        FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { DrainTimeout = TimeSpan.FromMinutes(1) });
        ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        await started.Task;
        Task disposing = mount.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        release.SetResult();
        await disposing.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Errno.ENOENT, kernel.AnswerTo(unique).Error);
    }

    [Fact]
    public async Task AHandlerThatOnlyEndsWhenInterruptedIsInterruptedAfterTheDrainTime()
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                Task forever = Task.Delay(Timeout.Infinite, op.Request.Interrupted);
                started.SetResult();
                await forever;
                return Errno.OK;
            },
        };
        using FakeKernel kernel = new();
        FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        await started.Task;
        await mount.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(Errno.EINTR, kernel.AnswerTo(unique).Error);
    }

    [Fact]
    public async Task AHandlerThatNeverEndsDoesNotHoldUpTheEndAndDoesNoHarmLater()
    {
        MemoryLogger logger = new();
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<Errno> late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnRead = async op =>
            {
                op.Buffer.Span.Clear();
                started.SetResult();
                await release.Task;
                late.SetResult(op.Reply(op.Buffer.Length));
                return Errno.OK;
            },
        };
        using FakeKernel kernel = new();
        FuseOptions options = FakeKernel.Options with { DrainTimeout = TimeSpan.FromMilliseconds(50), LoggerFactory = logger };
        FuseMount mount = await kernel.StartAsync(fileSystem, options);
        kernel.Send(FuseOpcode.Read, 2, FakeKernel.Bytes(new ReadIn { Size = 4096 }));
        await started.Task;
        await mount.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains(logger.Lines, line => line.Contains("1 requests were left behind", StringComparison.Ordinal));
        release.SetResult();
        Assert.Equal(Errno.ENODEV, await late.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task AReaderThatWaitsForTheWriteBudgetDoesNotHoldUpTheEnd()
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnWrite = async op =>
            {
                started.TrySetResult();
                await Task.Delay(Timeout.Infinite, op.Request.Interrupted);
                return Errno.OK;
            },
        };
        using FakeKernel kernel = new();
        FuseOptions options = FakeKernel.Options with { DrainTimeout = TimeSpan.FromMilliseconds(200), MaxWriteBytesInFlight = 1, Readers = 1 };
        FuseMount mount = await kernel.StartAsync(fileSystem, options);
        byte[] write = [.. FakeKernel.Bytes(new WriteIn { Size = 30000 }), .. new byte[30000]];
        kernel.Send(FuseOpcode.Write, 2, write);
        kernel.Send(FuseOpcode.Write, 2, write);
        await started.Task;
        await mount.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((0, 0), (mount.Session.Buffers.Rented, mount.Session.Requests.Rented));
    }

    [Fact]
    public async Task TheTraceHasALineForEachRequestAndReply()
    {
        string path = Path.Combine(Path.GetTempPath(), $"linuxfuse-trace-{Guid.NewGuid():N}");
        try
        {
            using FakeKernel kernel = new();
            FuseMount mount = await kernel.StartAsync(new Samples.HelloFileSystem(), FakeKernel.Options with { TraceFile = path });
            ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("a \"b\n"));
            kernel.AnswerTo(unique);
            ulong read = kernel.Send(FuseOpcode.Read, 2, FakeKernel.Bytes(new ReadIn { Handle = 3, Size = 4096, Offset = 5 }));
            kernel.AnswerTo(read);
            await mount.DisposeAsync();

            string[] lines = await File.ReadAllLinesAsync(path);
            Assert.Contains(lines, line => line.EndsWith($"rx {unique} Lookup n1 \"a \\x22b\\x0a\" pid=2147418112", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.EndsWith($"tx {unique} Lookup -> OK 128", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.EndsWith($"rx {read} Read n2 h3 off=5 size=4096 pid=2147418112", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.EndsWith($"tx {read} Read -> OK 8", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>As when this process has no descriptor left: a socket is nothing that could be cloned either.</summary>
    [Fact]
    public async Task ADeviceThatCannotBeClonedEndsTheSessionAtOnce()
    {
        using FakeKernel kernel = new();
        ScriptedFileSystem fileSystem = new();
        FuseOptions options = FakeKernel.Options with { CloneDevice = true, DrainTimeout = TimeSpan.FromMinutes(10) };
        FuseSession session = new(null!, kernel.Daemon, fileSystem, options);
        SessionLifetime lifetime = new(session, fileSystem, options);
        Assert.Throws<FuseException>(lifetime.Start);
        await Assert.ThrowsAsync<FuseException>(() => lifetime.Completion.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(kernel.Daemon.IsClosed);
        Assert.Equal(0, fileSystem.Destroyed);
    }

    [Fact]
    public async Task ATraceFileThatCannotBeWrittenFailsTheAttempt()
    {
        using FakeKernel kernel = new();
        FuseException exception = await Assert.ThrowsAsync<FuseException>(
            () => FuseMount.AttachAsync(kernel.Daemon, new ScriptedFileSystem(), FakeKernel.Options with { TraceFile = "/nowhere/at/all" }));
        Assert.Contains("/nowhere/at/all", exception.Message, StringComparison.Ordinal);
        Assert.True(kernel.Daemon.IsClosed);
    }
}
