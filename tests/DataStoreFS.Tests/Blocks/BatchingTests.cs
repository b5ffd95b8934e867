using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Blocks;

public sealed class BatchingTests : StoreTest
{
    private static readonly BlockStoreOptions s_oneAtATime = new() { CacheBytes = 1 << 20, MaxConcurrency = 1 };

    [Fact]
    public async Task AnIdleServerIsAskedAtOnceAndABusyOneInBatches()
    {
        BlockStore store = Store(s_oneAtATime);
        Task<byte?>[] readers = [.. Enumerable.Range(0, 17).Select(x => ReadAsync(store, At(x)))];

        ScriptedCall call = await Client.NextAsync();
        Assert.Equal([0], call.Xs);
        Assert.False(Client.TryNext(out _));
        call.Answer();
        call = await Client.NextAsync();
        Assert.Equal(Enumerable.Range(1, 8), call.Xs);
        call.Answer();
        call = await Client.NextAsync();
        Assert.Equal(Enumerable.Range(9, 8), call.Xs);
        call.Answer();

        await Task.WhenAll(readers);
        Assert.Equal(3, store.Statistics.Requests);
    }

    [Fact]
    public async Task ABatchHasOneImageAndTheOldestImageGoesFirst()
    {
        BlockStore store = Store(s_oneAtATime);
        List<Task<byte?>> readers = [ReadAsync(store, At(0))];
        ScriptedCall call = await Client.NextAsync();
        readers.Add(ReadAsync(store, At(1, timepoint: 1)));
        readers.Add(ReadAsync(store, At(2)));
        readers.Add(ReadAsync(store, At(3, timepoint: 1)));
        readers.Add(ReadAsync(store, At(4)));
        call.Answer();

        call = await Client.NextAsync();
        Assert.Equal((9, "1,3"), (call.Image.Timepoint, string.Join(',', call.Xs)));
        call.Answer();
        call = await Client.NextAsync();
        Assert.Equal((5, "2,4"), (call.Image.Timepoint, string.Join(',', call.Xs)));
        call.Answer();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task ABurstIsSpreadOverTheFreeConnections()
    {
        Client.RoundTrip = TimeSpan.FromMilliseconds(2);
        BlockStore store = Store();
        Task<byte?>[] readers = [.. Enumerable.Range(0, 12).Select(x => ReadAsync(store, At(x)))];
        ScriptedCall[] calls = [.. await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Client.NextAsync().AsTask()))];

        Assert.All(calls, c => Assert.Single(c.Blocks));
        Assert.False(Client.TryNext(out _));
        foreach (ScriptedCall call in calls)
        {
            call.Answer();
        }

        Client.AnswerAtOnce = true;
        while (!Task.WhenAll(readers).IsCompleted)
        {
            if (Client.TryNext(out ScriptedCall? call))
            {
                call!.Answer();
            }

            await Task.Yield();
        }

        Assert.Equal(12, Client.Asked);
    }

    [Fact]
    public async Task NearTheServerABurstSharesRequests()
    {
        BlockStore store = Store();
        Task<byte?>[] readers = [.. Enumerable.Range(0, 8).Select(x => ReadAsync(store, At(x)))];
        ScriptedCall first = await Client.NextAsync();
        Assert.Single(first.Blocks);
        Assert.False(Client.TryNext(out _));

        first.Answer();
        ScriptedCall shared = await Client.NextAsync();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], shared.Xs);
        shared.Answer();
        await Task.WhenAll(readers);
        Assert.Equal(2, store.Statistics.Requests);
    }

    [Theory]
    [InlineData(0, 1, 16, 16)]
    [InlineData(20, 15, 1, 3)]
    public async Task GuessesAreSplitOverConnectionsThatBeginSlowly(int roundTrip, int requests, int fewest, int most)
    {
        Client.RoundTrip = TimeSpan.FromMilliseconds(roundTrip);
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 4 << 20 });
        for (int x = 0; x < 40; x++)
        {
            store.Prefetch(At(x), more: x < 39);
        }

        for (int i = 0; i < requests; i++)
        {
            Assert.InRange((await Client.NextAsync()).Blocks.Count, fewest, most);
        }

        Assert.False(Client.TryNext(out _));
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(10, 16)]
    public async Task AFarServerThatWorksForItsFirstAnswerIsAskedForLessAtATime(int effort, int atATime)
    {
        Client.RoundTrip = TimeSpan.FromMilliseconds(20);
        Client.Effort = TimeSpan.FromMilliseconds(effort);
        BlockStore store = Store();
        Task<byte?> first = ReadAsync(store, At(0));
        (await Client.NextAsync()).Answer();
        await first;

        // The reader goes on before the answer's end is noted.
        for (int i = 0; i < 100_000 && store.Statistics.Concurrency != atATime; i++)
        {
            await Task.Yield();
        }

        Task<byte?>[] readers = [.. Enumerable.Range(1, 40).Select(x => ReadAsync(store, At(x)))];
        List<ScriptedCall> calls = [];
        for (int i = 0; i < atATime; i++)
        {
            calls.Add(await Client.NextAsync());
        }

        Assert.False(Client.TryNext(out _));
        Client.AnswerAtOnce = true;
        calls.ForEach(call => call.Answer());
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task WhoHasQueuedBehindARequestThatTimesOutHearsOfItAtOnce()
    {
        BlockStore store = Store(s_oneAtATime);
        Task<byte?> first = ReadAsync(store, At(0));
        ScriptedCall call = await Client.NextAsync();
        Task<byte?> timedOut = ReadAsync(store, At(1));
        Task<byte?> queuedBefore = ReadAsync(store, At(1, timepoint: 1));
        Time.Advance(TimeSpan.FromSeconds(1));
        call.Answer();
        await first;
        ScriptedCall stalled = await Client.NextAsync();
        Assert.Equal([1], stalled.Xs);
        Time.Advance(TimeSpan.FromSeconds(1));
        Task<byte?> queuedAfter = ReadAsync(store, At(2));
        stalled.Fail(DataStoreErrorKind.Timeout);

        Assert.Equal(DataStoreErrorKind.Timeout, (await Assert.ThrowsAsync<DataStoreException>(() => timedOut)).Kind);
        Assert.Equal(DataStoreErrorKind.Timeout, (await Assert.ThrowsAsync<DataStoreException>(() => queuedBefore)).Kind);
        (await Client.NextAsync()).Answer();
        Assert.Equal((byte)3, await queuedAfter);
    }

    [Fact]
    public async Task WhatSharesARequestWithABrokenBlockIsAskedForAlone()
    {
        BlockStore store = Store(s_oneAtATime);
        Task<byte?> first = ReadAsync(store, At(0));
        ScriptedCall call = await Client.NextAsync();
        Task<byte?>[] readers = [.. Enumerable.Range(1, 4).Select(x => ReadAsync(store, At(x)))];
        store.Prefetch(At(9));
        call.Answer();
        call = await Client.NextAsync();
        Assert.Equal([1, 2, 3, 4], call.Xs);
        call.Deliver();
        call.Fail(DataStoreErrorKind.Unreachable, isAnswer: true);

        foreach (int x in (int[])[2, 3, 4])
        {
            call = await Client.NextAsync();
            Assert.Equal([x], call.Xs);
            if (x == 3)
            {
                call.Fail(DataStoreErrorKind.Unreachable, isAnswer: true);
            }
            else
            {
                call.Answer();
            }
        }

        await Assert.ThrowsAsync<DataStoreException>(() => readers[2]);
        byte?[] contents = await Task.WhenAll(first, readers[0], readers[1], readers[3]);
        Assert.Equal(new byte?[] { 1, 2, 3, 5 }, contents);
        (await Client.NextAsync()).Answer();
    }

    [Fact]
    public async Task ABlockThatTheServerCannotSendIsAskedForAloneTheNextTimeToo()
    {
        BlockStore store = Store(s_oneAtATime);
        Task<byte?> broken = ReadAsync(store, At(3));
        (await Client.NextAsync()).Fail(DataStoreErrorKind.Protocol, isAnswer: true);
        await Assert.ThrowsAsync<DataStoreException>(() => broken);
        Time.Advance(TimeSpan.FromSeconds(1));

        Task<byte?> first = ReadAsync(store, At(0));
        ScriptedCall call = await Client.NextAsync();
        Task<byte?>[] readers = [ReadAsync(store, At(1)), ReadAsync(store, At(3)), ReadAsync(store, At(4)), first];
        Client.AnswerAtOnce = true;
        call.Answer();
        await Task.WhenAll(readers);

        Assert.Equal(["1", "3", "4"], Client.Calls.Skip(2).Select(c => string.Join(',', c.Xs)));
    }

    [Theory]
    [InlineData(DataStoreErrorKind.Unreachable, false)]
    [InlineData(DataStoreErrorKind.Timeout, false)]
    [InlineData(DataStoreErrorKind.Unauthorized, true)]
    public async Task WhatIsNoSingleBlocksFaultEndsTheWholeRequest(DataStoreErrorKind kind, bool isAnswer)
    {
        BlockStore store = Store(s_oneAtATime);
        Task<byte?> first = ReadAsync(store, At(0));
        ScriptedCall call = await Client.NextAsync();
        Task<byte?>[] readers = [.. Enumerable.Range(1, 4).Select(x => ReadAsync(store, At(x)))];
        call.Answer();
        (await Client.NextAsync()).Fail(kind, isAnswer);

        foreach (Task<byte?> reader in readers)
        {
            Assert.Equal(kind, (await Assert.ThrowsAsync<DataStoreException>(() => reader)).Kind);
        }

        await first;
        Assert.Equal(2, store.Statistics.Requests);
    }

    [Fact]
    public async Task BytesOnTheirWayWaitForRoomAndTheBudgetHolds()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 10 * BlockBytes });
        Task<byte?>[] readers = [.. Enumerable.Range(0, 60).Select(x => ReadAsync(store, At(x)))];
        int served = 0;
        while (served < 60)
        {
            ScriptedCall call = await Client.NextAsync();
            Assert.InRange(store.Statistics.MemoryOccupied, BlockBytes, 10 * BlockBytes);
            call.Answer();
            served += call.Blocks.Count;
        }

        await Task.WhenAll(readers);
        Assert.InRange(store.Statistics.MemoryOccupied, BlockBytes, 10 * BlockBytes);
        Assert.InRange(Pool.RentedBytes, BlockBytes, 10 * BlockBytes);
    }

    [Fact]
    public async Task ABlockLargerThanTheBudgetIsStillRead()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = BlockBytes / 2 });
        Client.AnswerAtOnce = true;

        Assert.Equal((byte)2, await ReadAsync(store, At(1)));
        Assert.Equal((byte)3, await ReadAsync(store, At(2)));
        Assert.Equal(0, store.Statistics.MemoryOccupied);
    }

    [Fact]
    public async Task ACrowdWithCancellationsAndFaultsLosesNothing()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 20 * BlockBytes });
        using CancellationTokenSource end = new();
        Task server = AnswerUntilAsync(store, end.Token);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() => UseAsync(store, seed))));
        await end.CancelAsync();
        await server;

        Assert.Equal(0, store.Statistics.OnTheirWay);
        Assert.InRange(store.Statistics.MemoryOccupied, 0, 20 * BlockBytes);
    }

    private static async Task UseAsync(BlockStore store, int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < 500; i++)
        {
            using CancellationTokenSource cancel = new();
            BlockKey key = At(random.Next(64), random.Next(2));
            Task<byte?> read = ReadAsync(store, key, cancel.Token);
            switch (random.Next(8))
            {
                case 0:
                    await cancel.CancelAsync();
                    break;
                case 1:
                    store.Prefetch(At(random.Next(64), random.Next(2)));
                    break;
                case 2:
                    store.Invalidate(At(random.Next(64), random.Next(2)));
                    break;
                default:
                    break;
            }

            try
            {
                Assert.Equal((byte)(1 + key.X), await read);
            }
            catch (OperationCanceledException)
            {
                Assert.True(cancel.IsCancellationRequested);
            }
        }
    }

    // Half of what several blocks share is refused, so that each is asked for alone.
    private async Task AnswerUntilAsync(BlockStore store, CancellationToken end)
    {
        bool refuses = false;
        while (!end.IsCancellationRequested || store.Statistics.OnTheirWay > 0)
        {
            while (Client.TryNext(out ScriptedCall? call))
            {
                refuses = call!.Blocks.Count > 1 && !refuses;
                if (refuses)
                {
                    call.Fail(DataStoreErrorKind.Unreachable, isAnswer: true);
                }
                else
                {
                    call.Answer();
                }
            }

            await Task.Yield();
        }
    }
}
