using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.Blocks;

public sealed class BlockStoreTests : StoreTest
{
    [Fact]
    public async Task EightWhoAskForOneBlockCostOneRequest()
    {
        BlockStore store = Store();
        Task<byte?>[] readers = [.. Enumerable.Range(0, 8).Select(_ => ReadAsync(store, At(3)))];
        ScriptedCall call = await Client.NextAsync();
        call.Answer();

        Assert.All(await Task.WhenAll(readers), content => Assert.Equal((byte)4, content));
        Assert.Equal((byte)4, await ReadAsync(store, At(3)));
        Assert.Equal(1, Client.Asked);
    }

    [Fact]
    public async Task ABlockIsAskedForInTheServersIds()
    {
        BlockStore store = Store();
        Client.AnswerAtOnce = true;
        await ReadAsync(store, At(63, timepoint: 1));

        ScriptedCall call = Assert.Single(Client.Calls);
        Assert.Equal(new ImageAddress("u", new Size3(1, 1, 1), "1", 9, 0, 0), call.Image);
        Assert.Equal(new BlockRequest(63, 0, 0, new Size3(16, 16, 16), new Size3(16, 16, 16), 1), Assert.Single(call.Blocks));
    }

    [Fact]
    public async Task MissingBlocksAreRememberedAndAskedForAgainLater()
    {
        BlockStore store = Store();
        Client.AnswerAtOnce = true;
        Client.Content = (_, _) => null;

        Assert.Null(await ReadAsync(store, At(1)));
        Assert.Equal(BlockPresence.Missing, Look(store, At(1)));
        Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(BlockPresence.Unknown, Look(store, At(1)));
        Client.Content = (_, _) => 7;
        Assert.Equal((byte)7, await ReadAsync(store, At(1)));
        Assert.Equal(2, Client.Asked);
    }

    [Fact]
    public async Task ATileThatTheProtocolCannotAddressIsMissingWithoutAsking()
    {
        BlockStore store = Store();

        Assert.Null(await ReadAsync(store, At(1, setup: 1)));
        Assert.Equal(PrefetchReply.Known, store.Prefetch(At(1, setup: 1)));
        Assert.Empty(Client.Calls);
    }

    [Fact]
    public async Task CancellingFreesOneAndLeavesTheOthers()
    {
        BlockStore store = Store();
        using CancellationTokenSource cancel = new();
        Task<byte?> impatient = ReadAsync(store, At(1), cancel.Token);
        Task<byte?> patient = ReadAsync(store, At(1));
        ScriptedCall call = await Client.NextAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        call.Answer();
        Assert.Equal((byte)2, await patient);
    }

    [Fact]
    public async Task AQueuedBlockThatNobodyWaitsForAnyMoreIsNotFetched()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 1 << 20, MaxConcurrency = 1 });
        using CancellationTokenSource cancel = new();
        Task<byte?> first = ReadAsync(store, At(0));
        ScriptedCall call = await Client.NextAsync();
        Task<byte?> dropped = ReadAsync(store, At(1), cancel.Token);
        Task<byte?> kept = ReadAsync(store, At(2));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dropped);

        call.Answer();
        call = await Client.NextAsync();
        Assert.Equal([2], call.Xs);
        call.Answer();
        await Task.WhenAll(first, kept);
        Assert.Equal(0, store.Statistics.OnTheirWay);
    }

    [Fact]
    public async Task ACancelledTokenAsksNothing()
    {
        BlockStore store = Store();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(store, At(1), new CancellationToken(canceled: true)));

        Assert.Empty(Client.Calls);
    }

    [Fact]
    public async Task EachReaderIsServedAsItsFrameArrives()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 1 << 20, MaxConcurrency = 1 });
        Task<byte?> blocker = ReadAsync(store, At(0));
        ScriptedCall call = await Client.NextAsync();
        Task<byte?>[] readers = [ReadAsync(store, At(1)), ReadAsync(store, At(2)), ReadAsync(store, At(3))];
        call.Answer();
        call = await Client.NextAsync();
        Assert.Equal([1, 2, 3], call.Xs);

        call.Deliver();
        Assert.Equal((byte)2, await readers[0]);
        Assert.False(readers[1].IsCompleted || readers[2].IsCompleted);
        call.Answer();
        await Task.WhenAll([blocker, .. readers]);
    }

    [Fact]
    public async Task AFaultReachesThoseWhoseBlocksHaveNotCome()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 1 << 20, MaxConcurrency = 1 });
        Task<byte?> blocker = ReadAsync(store, At(0));
        ScriptedCall call = await Client.NextAsync();
        Task<byte?>[] readers = [ReadAsync(store, At(1)), ReadAsync(store, At(2))];
        call.Answer();
        call = await Client.NextAsync();
        call.Deliver();
        call.Fail(DataStoreErrorKind.Protocol);

        Assert.Equal((byte)2, await readers[0]);
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => readers[1]);
        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        await blocker;
    }

    [Fact]
    public async Task ABlockThatKeepsFailingIsHeldUpLongerEachTime()
    {
        BlockStore store = Store();
        await FailAsync(ReadAsync(store, At(1)));
        for (int delay = 10; delay <= 80; delay *= 2)
        {
            Task<byte?> read = ReadAsync(store, At(1));
            Time.Advance(TimeSpan.FromMilliseconds(delay - 1));
            Assert.False(Client.TryNext(out _));
            Time.Advance(TimeSpan.FromMilliseconds(1));
            await FailAsync(read);
        }

        Time.Advance(TimeSpan.FromMilliseconds(160));
        Task<byte?> well = ReadAsync(store, At(1));
        (await Client.NextAsync()).Answer();
        await well;
        store.Invalidate(At(1));
        await FailAsync(ReadAsync(store, At(1)));

        async Task FailAsync(Task<byte?> read)
        {
            (await Client.NextAsync()).Fail(DataStoreErrorKind.Protocol);
            await Assert.ThrowsAsync<DataStoreException>(() => read);
        }
    }

    [Fact]
    public async Task WhileItIsHeldUpAReaderCanStillBeCancelled()
    {
        BlockStore store = Store();
        Task<byte?> failing = ReadAsync(store, At(1));
        (await Client.NextAsync()).Fail(DataStoreErrorKind.Protocol);
        await Assert.ThrowsAsync<DataStoreException>(() => failing);
        using CancellationTokenSource cancel = new();
        Task<byte?> read = ReadAsync(store, At(1), cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Single(Client.Calls);
    }

    [Fact]
    public async Task OwnUnsentWritesAreSeenBeforeAnythingElse()
    {
        BlockBuffer own = Block(99);
        BlockStore store = Store();
        store.Writes = new OneWrite(At(1), own);

        Assert.Equal((byte)99, await ReadAsync(store, At(1)));

        Assert.Empty(Client.Calls);
        own.Release();
    }

    [Fact]
    public async Task AHitAllocatesNothing()
    {
        BlockStore store = Store();
        Client.AnswerAtOnce = true;
        Client.Content = (_, block) => block.X == 1 ? 1 : null;
        await ReadAsync(store, At(1));
        await ReadAsync(store, At(2));

        Assert.Equal(0, Allocations.Of(() => LookOften(store)));
    }

    [Fact]
    public async Task EndingTheStoreEndsWaitingAndLeavesNothing()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 1 << 20, MaxConcurrency = 1 });
        Task<byte?>[] readers = [.. Enumerable.Range(0, 20).Select(x => ReadAsync(store, At(x)))];
        await Client.NextAsync();

        await store.DisposeAsync();

        foreach (Task<byte?> reader in readers)
        {
            Assert.Equal(DataStoreErrorKind.Unreachable, (await Assert.ThrowsAsync<DataStoreException>(() => reader)).Kind);
        }
    }

    [Fact]
    public void AbsurdBlocksAreRefusedWhenTheVolumeIsAdded()
    {
        BlockStore store = Store();
        VolumeInfo volume = Volume("1");
        SetupInfo setup = new()
        {
            Index = 0,
            Id = 0,
            Name = "absurd",
            ChannelId = 0,
            AngleId = 0,
            Version = "1",
            Levels = [new LevelInfo(0, new Size3(1, 1, 1), new Size3(1, 1, 1), new Size3(int.MaxValue, int.MaxValue, int.MaxValue))],
        };

        DataStoreException fault = Assert.Throws<DataStoreException>(() => store.AddVolume(
            new VolumeInfo
            {
                Volume = 1,
                Uuid = "u",
                RequestedVersion = "1",
                ResolvedVersion = "1",
                VoxelType = VoxelType.Float64,
                Dimensions = volume.Dimensions,
                VoxelSize = volume.VoxelSize,
                Versions = volume.Versions,
                TimepointIds = volume.TimepointIds,
                Setups = [setup],
            },
            Client));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
    }

    private static void LookOften(BlockStore store)
    {
        for (int i = 0; i < 1000; i++)
        {
            Look(store, At(1));
            Look(store, At(2));
            Look(store, At(3));
        }
    }

    private sealed class OneWrite(BlockKey at, BlockBuffer content) : IWriteSource
    {
        public bool TryGet(in BlockKey key, out BlockBuffer? block)
        {
            block = key == at ? content.Retain() : null;
            return block is not null;
        }
    }
}
