using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Session;

public class InterruptTests
{
    [Fact]
    public async Task AnInterruptedWaitEndsWithEintr()
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
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        await started.Task;
        Interrupt(kernel, unique);
        Assert.Equal(Errno.EINTR, kernel.AnswerTo(unique).Error);
        Assert.Equal(1, mount.Statistics.Interrupts);
    }

    [Fact]
    public async Task AnInterruptThatOvertakesItsRequestIsNotLost()
    {
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                await Task.Delay(Timeout.Infinite, op.Request.Interrupted);
                return Errno.OK;
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        ulong unique = kernel.NextUnique();
        Interrupt(kernel, unique);
        kernel.Send(unique, FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        Assert.Equal(Errno.EINTR, kernel.AnswerTo(unique).Error);
    }

    [Fact]
    public async Task AnInterruptBeforeTheTokenIsAskedForIsSeenByTheToken()
    {
        TaskCompletionSource interrupted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                await interrupted.Task;
                op.Request.Interrupted.ThrowIfCancellationRequested();
                return Errno.OK;
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        Interrupt(kernel, unique);
        kernel.Call(FuseOpcode.ReadLink, 1);
        interrupted.SetResult();
        Assert.Equal(Errno.EINTR, kernel.AnswerTo(unique).Error);
    }

    [Fact]
    public async Task ACancellationOfTheHandlersOwnIsNoEintr()
    {
        ScriptedFileSystem fileSystem = new() { OnLookup = op => throw new OperationCanceledException() };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("x")).Error);
    }

    [Fact]
    public async Task AnInterruptedRequestMayFinishAsIfNothingHadHappened()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                await release.Task;
                return op.Reply(new FuseEntry(new(9), default, TimeSpan.Zero));
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        ulong unique = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        Interrupt(kernel, unique);
        kernel.Call(FuseOpcode.ReadLink, 1);
        release.SetResult();
        Assert.Equal(9ul, kernel.AnswerTo(unique).As<EntryOut>().Node);
    }

    [Fact]
    public async Task ALateInterruptDoesNotHitTheNextUserOfThePooledRequest()
    {
        CancellationToken seen = default;
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                seen = op.Request.Interrupted;
                await Task.Yield();
                return Errno.ENOENT;
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        for (int i = 0; i < 500; i++)
        {
            ulong first = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
            Assert.Equal(Errno.ENOENT, kernel.AnswerTo(first).Error);
            Interrupt(kernel, first);
            ulong second = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
            Assert.Equal(Errno.ENOENT, kernel.AnswerTo(second).Error);
            Assert.False(seen.IsCancellationRequested);
        }
    }

    /// <summary>INTERRUPT and completion race in every order; each request is answered exactly once, with one of its two outcomes.</summary>
    [Fact]
    public async Task InterruptsRaceWithCompletionsWithoutLossOrMixUp()
    {
        const int rounds = 2000;
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                CancellationToken interrupted = op.Request.Interrupted;
                ulong node = op.Parent.Value;
                await Task.Yield();
                interrupted.ThrowIfCancellationRequested();
                return op.Reply(new FuseEntry(new(node), default, TimeSpan.Zero));
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        Random random = new(7);
        for (int i = 0; i < rounds; i++)
        {
            ulong node = (ulong)(1000 + i);
            ulong unique = kernel.NextUnique();
            bool before = random.Next(2) == 0;
            if (before)
                Interrupt(kernel, unique);
            kernel.Send(unique, FuseOpcode.Lookup, node, FakeKernel.Name("x"));
            if (!before)
                Interrupt(kernel, unique);
            FakeKernel.Answer answer = kernel.AnswerTo(unique);
            if (answer.Error == Errno.OK)
                Assert.Equal(node, answer.As<EntryOut>().Node);
            else
                Assert.Equal(Errno.EINTR, answer.Error);
        }

        kernel.Hangup();
        await mount.Completion;
        Assert.Equal((0, 0), (mount.Session.Requests.Rented, mount.Session.InFlight.Count));
    }

    private static void Interrupt(FakeKernel kernel, ulong unique) =>
        kernel.Send(unique | 1, FuseOpcode.Interrupt, 0, FakeKernel.Bytes(new InterruptIn { Unique = unique }));
}
