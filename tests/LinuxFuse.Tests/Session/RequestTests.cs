using System.Text;
using LinuxFuse.Protocol;
using LinuxFuse.Tests.Support;

namespace LinuxFuse.Tests.Session;

public class RequestTests
{
    [Fact]
    public async Task AnsweringFromMemoryAllocatesNothing()
    {
        const int warmUp = 2000;
        const int measured = 2000;
        byte[] content = new byte[4096];
        List<long> marks = new(2);
        int calls = 0;
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = op => new(op.Reply(new FuseEntry(new(2), default, TimeSpan.MaxValue))),
            OnRead = op =>
            {
                calls++;
                if (calls is warmUp or (warmUp + measured))
                    marks.Add(GC.GetAllocatedBytesForCurrentThread());
                op.Buffer.Span[..16].Clear();
                return new(op.Reply(content, ReadOnlyMemory<byte>.Empty));
            },
            OnWrite = op => new(op.Reply(op.Data.Length)),
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        byte[] lookup = FakeKernel.Name("x");
        byte[] read = FakeKernel.Bytes(new ReadIn { Size = 4096 });
        byte[] write = [.. FakeKernel.Bytes(new WriteIn { Size = 20000 }), .. new byte[20000]];
        for (int i = 0; i < warmUp + measured; i++)
        {
            kernel.Call(FuseOpcode.Lookup, 1, lookup);
            kernel.Call(FuseOpcode.Read, 2, read);
            kernel.Call(FuseOpcode.Write, 2, write);
        }

        Assert.Equal(0, marks[1] - marks[0]);
    }

    [Fact]
    public async Task TheKernelsOrderOfRepliesDoesNotMatter()
    {
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                if (op.Name.SequenceEqual("slow"u8))
                    await first.Task;
                return op.Reply(new FuseEntry(new((ulong)op.Name.Length), default, TimeSpan.Zero));
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });

        ulong slow = kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("slow"));
        Assert.Equal(7ul, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("quicker")).As<EntryOut>().Node);
        first.SetResult();
        Assert.Equal(4ul, kernel.AnswerTo(slow).As<EntryOut>().Node);
    }

    [Fact]
    public async Task AThousandSlowRequestsNeedNoThousandThreads()
    {
        const int count = 1000;
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int started = 0;
        TaskCompletionSource allStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = async op =>
            {
                if (Interlocked.Increment(ref started) == count)
                    allStarted.SetResult();
                await release.Task;
                return Errno.ENOENT;
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        List<ulong> uniques = [];
        for (int i = 0; i < count; i++)
            uniques.Add(kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("x")));
        await allStarted.Task.WaitAsync(TimeSpan.FromSeconds(30));
        release.SetResult();
        foreach (ulong unique in uniques)
            Assert.Equal(Errno.ENOENT, kernel.AnswerTo(unique).Error);
    }

    [Fact]
    public async Task LargeWritesKeepTheirDataWhileTheHandlerWaits()
    {
        const int size = 50_000;
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedFileSystem fileSystem = new()
        {
            OnWrite = async op =>
            {
                await release.Task;
                Assert.Equal(size, op.Data.Length);
                Assert.Equal(-1, op.Data.Span.IndexOfAnyExcept((byte)op.Offset));
                return op.Reply(op.Data.Length);
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        List<ulong> uniques = [];
        for (byte i = 1; i <= 10; i++)
        {
            byte[] data = new byte[size];
            data.AsSpan().Fill(i);
            uniques.Add(kernel.Send(FuseOpcode.Write, 2, FakeKernel.Bytes(new WriteIn { Size = size, Offset = i }), data));
        }

        Assert.Equal(Errno.ENOSYS, kernel.Call(FuseOpcode.ReadLink, 2).Error);
        release.SetResult();
        foreach (ulong unique in uniques)
            Assert.Equal((uint)size, kernel.AnswerTo(unique).As<WriteOut>().Size);
    }

    [Fact]
    public async Task ReadingPausesWhileWritesFillTheirBudget()
    {
        const int size = 50_000;
        using SemaphoreSlim started = new(0);
        using SemaphoreSlim release = new(0);
        ScriptedFileSystem fileSystem = new()
        {
            OnWrite = async op =>
            {
                started.Release();
                await release.WaitAsync();
                return op.Reply(op.Data.Length);
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(
            fileSystem, FakeKernel.Options with { MaxWriteBytesInFlight = 2 * 70_000, Readers = 1 });
        byte[] write = [.. FakeKernel.Bytes(new WriteIn { Size = size }), .. new byte[size]];
        ulong[] uniques = [kernel.Send(FuseOpcode.Write, 2, write), kernel.Send(FuseOpcode.Write, 2, write), kernel.Send(FuseOpcode.Write, 2, write)];

        Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.False(await started.WaitAsync(TimeSpan.FromMilliseconds(100)));
        release.Release();
        Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(20)));
        release.Release(2);
        foreach (ulong unique in uniques)
            Assert.Equal(Errno.OK, kernel.AnswerTo(unique).Error);
    }

    [Fact]
    public async Task ExceptionsBecomeEioAndALogLineThatNamesTheRequest()
    {
        MemoryLogger logger = new();
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = op => throw new InvalidDataException("broken"),
            OnUnlink = async op =>
            {
                await Task.Yield();
                throw new InvalidDataException("later");
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { LoggerFactory = logger });
        ulong unique = kernel.Send(FuseOpcode.Lookup, 77, FakeKernel.Name("x"));
        Assert.Equal(Errno.EIO, kernel.AnswerTo(unique).Error);
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Unlink, 77, FakeKernel.Name("x")).Error);
        Assert.Contains(
            logger.Lines,
            line =>
                line.Contains($"Lookup of node 77 (request {unique})", StringComparison.Ordinal)
                    && line.Contains("broken", StringComparison.Ordinal));
        Assert.Contains(logger.Lines, line => line.Contains("Unlink of node 77", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheErrorMapperDecidesWhatCallersSee()
    {
        FuseOptions options = FakeKernel.Options with
        {
            ErrorMapper = exception => exception is TimeoutException ? Errno.ETIMEDOUT : throw exception,
        };
        ScriptedFileSystem fileSystem = new() { OnLookup = op => throw new TimeoutException(), OnUnlink = op => throw new InvalidDataException() };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, options);
        Assert.Equal(Errno.ETIMEDOUT, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("x")).Error);
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Unlink, 1, FakeKernel.Name("x")).Error);
    }

    [Fact]
    public async Task AForgottenReplyIsEio()
    {
        ScriptedFileSystem fileSystem = new() { OnLookup = op => new(Errno.OK) };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("x")).Error);
    }

    [Fact]
    public async Task ANumberThatIsNoErrnoIsEio()
    {
        ScriptedFileSystem fileSystem = new() { OnLookup = op => new((Errno)(-2)), OnUnlink = op => new((Errno)512) };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("x")).Error);
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Unlink, 1, FakeKernel.Name("x")).Error);
    }

    [Fact]
    public async Task RequestsWithoutPayloadAreAnsweredByReturningOk()
    {
        ScriptedFileSystem fileSystem = new() { OnUnlink = op => new(Errno.OK) };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        FakeKernel.Answer answer = kernel.Call(FuseOpcode.Unlink, 1, FakeKernel.Name("x"));
        Assert.Equal(Errno.OK, answer.Error);
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task ASecondReplyThrowsAndDoesNotReachTheKernel()
    {
        Exception? caught = null;
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = op =>
            {
                Errno result = op.Reply(new FuseEntry(new(2), default, TimeSpan.Zero));
                caught = Record.Exception(() => op.Reply(new FuseEntry(new(3), default, TimeSpan.Zero)));
                return new(result);
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        Assert.Equal(2ul, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("x")).As<EntryOut>().Node);
        Assert.Equal(Errno.ENOSYS, kernel.Call(FuseOpcode.ReadLink, 1).Error);
        Assert.IsType<InvalidOperationException>(caught);
    }

    [Fact]
    public async Task AnOpUsedAfterItsHandlerThrowsInsteadOfTouchingTheNextRequest()
    {
        LookupOp kept = default;
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = op =>
            {
                kept = op;
                return new(Errno.ENOENT);
            },
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("x"));
        kernel.Call(FuseOpcode.ReadLink, 1);
        Assert.Throws<InvalidOperationException>(() => kept.Parent);
        Assert.Throws<InvalidOperationException>(() => kept.Reply(default));
        Assert.Throws<InvalidOperationException>(() => default(LookupOp).Name.Length);
    }

    [Fact]
    public async Task LentMemoryIsGivenBackOnceEvenIfTheReplyIsImpossible()
    {
        CountingLease lease = new();
        ScriptedFileSystem fileSystem = new()
        {
            OnRead = op => new(op.Offset == 0
                ? op.ReplyAndRelease("ab"u8.ToArray(), "cd"u8.ToArray(), lease)
                : op.Reply(new byte[op.Size + 1], lease)),
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        Assert.Equal("abcd", Encoding.ASCII.GetString(kernel.Call(FuseOpcode.Read, 2, FakeKernel.Bytes(new ReadIn { Size = 100 })).Body));
        kernel.Call(FuseOpcode.ReadLink, 2);
        Assert.Equal((1, 0), (lease.Released, lease.Disposed));
        Assert.Equal(Errno.EIO, kernel.Call(FuseOpcode.Read, 2, FakeKernel.Bytes(new ReadIn { Size = 100, Offset = 1 })).Error);
        Assert.Equal((1, 1), (lease.Released, lease.Disposed));
    }

    [Fact]
    public async Task MissingNamesCanBeRemembered()
    {
        ScriptedFileSystem fileSystem = new()
        {
            OnLookup = op => new(op.ReplyMissing(op.Name.Length == 1 ? TimeSpan.FromSeconds(9) : TimeSpan.Zero)),
        };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem);
        EntryOut entry = kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("x")).As<EntryOut>();
        Assert.Equal((0ul, 9ul), (entry.Node, entry.EntryValid));
        Assert.Equal(Errno.ENOENT, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("xy")).Error);
    }

    [Fact]
    public async Task StatelessOpensStopTheKernelFromAskingWhereItCan()
    {
        ScriptedFileSystem fileSystem = new() { OnOpen = op => new(op.ReplyStateless()) };
        using FakeKernel readOnly = new();
        await using FuseMount first = await readOnly.StartAsync(fileSystem, FakeKernel.Options with { ReadOnly = true });
        Assert.Equal(Errno.ENOSYS, readOnly.Call(FuseOpcode.Open, 2, FakeKernel.Bytes(default(OpenIn))).Error);

        using FakeKernel writable = new();
        await using FuseMount second = await writable.StartAsync(fileSystem);
        Assert.Equal((uint)OpenReply.KeepCache, writable.Call(FuseOpcode.Open, 2, FakeKernel.Bytes(default(OpenIn))).As<OpenOut>().Flags);
    }

    [Fact]
    public async Task ForgetsArriveSinglyAndInBatches()
    {
        List<string> forgotten = [];
        ScriptedFileSystem fileSystem = new() { OnForget = (node, lookups) => forgotten.Add($"{node}:{lookups}") };
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(fileSystem, FakeKernel.Options with { Readers = 1 });
        kernel.Send(FuseOpcode.Forget, 5, FakeKernel.Bytes(new ForgetIn { Lookups = 2 }));
        kernel.Send(
            FuseOpcode.BatchForget,
            0,
            FakeKernel.Bytes(new BatchForgetIn { Count = 2 }),
            FakeKernel.Bytes(new ForgetOne { Node = 6, Lookups = 1 }),
            FakeKernel.Bytes(new ForgetOne { Node = 7, Lookups = 3 }));
        Assert.Equal(Errno.ENOSYS, kernel.Call(FuseOpcode.ReadLink, 1).Error);
        Assert.Equal(["5:2", "6:1", "7:3"], forgotten);
    }

    [Fact]
    public async Task UnknownOpcodesAreEnosysAndMalformedRequestsEinval()
    {
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(new Samples.MemoryFileSystem());
        Assert.Equal(Errno.ENOSYS, kernel.Call((FuseOpcode)4711, 1).Error);
        Assert.Equal(Errno.ENOSYS, kernel.Call(FuseOpcode.Statx, 1, new byte[24]).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Lookup, 1).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Lookup, 1, "no end"u8.ToArray()).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("a/b")).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Lookup, 1, FakeKernel.Name("")).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Write, 1, FakeKernel.Bytes(new WriteIn { Size = 10 }), new byte[9]).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Write, 1, FakeKernel.Bytes(new WriteIn { Offset = ulong.MaxValue })).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Read, 1, FakeKernel.Bytes(new ReadIn { Size = uint.MaxValue })).Error);
        Assert.Equal(
            Errno.EINVAL,
            kernel.Call(FuseOpcode.SetXAttr, 1, FakeKernel.Bytes(new SetXAttrIn { Size = 5 }), FakeKernel.Name("n"), new byte[4]).Error);
        Assert.Equal(Errno.EINVAL, kernel.Call(FuseOpcode.Rename2, 1, FakeKernel.Bytes(default(Rename2In)), FakeKernel.Name("only one")).Error);
    }

    [Fact]
    public async Task RequestsAndTheirErrorsAreCounted()
    {
        using FakeKernel kernel = new();
        await using FuseMount mount = await kernel.StartAsync(new Samples.HelloFileSystem());
        kernel.Call(FuseOpcode.Read, 2, FakeKernel.Bytes(new ReadIn { Size = 4096 }));
        kernel.Call(FuseOpcode.Read, 2, FakeKernel.Bytes(new ReadIn { Size = 4096, Offset = 10 }));
        kernel.Call(FuseOpcode.ReadLink, 2);
        Assert.Equal(2, mount.Statistics[FuseOpcode.Read]);
        Assert.Equal(16, mount.Statistics.BytesRead);
        Assert.Equal(1, mount.Statistics.Errors);
        Assert.Equal([FuseOpcode.ReadLink, FuseOpcode.Read, FuseOpcode.Init], mount.Statistics.Snapshot().Keys);
    }

    private sealed class CountingLease : IReplyLease, IDisposable
    {
        public int Released { get; private set; }

        public int Disposed { get; private set; }

        public void Release() => Released++;

        public void Dispose() => Disposed++;
    }
}
