using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

public sealed class UploaderTests : UploaderTest
{
    [Fact]
    public async Task ASingleBlockGoesAtOnce()
    {
        Start();
        await Put(3, 7).WaitAsync(Patience);
        Assert.Equal(7, Server.Stored[TestVolume.At(3)]);
        Assert.Equal(0, Pending.Count);
        Assert.Single(Observed.Accepted);
    }

    [Fact]
    public async Task WhatGathersWhileTheSenderIsBusyBecomesOneBatchPerImage()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(senders: 1);
        Task first = Put(0, 1);
        await gate.ArrivedAsync();
        Task[] rest = [.. Enumerable.Range(1, 9).Select(x => Put(x, 1)), .. Enumerable.Range(0, 3).Select(x => Put(x, 1, timepoint: 1))];
        gate.Open();
        await Task.WhenAll([first, .. rest]).WaitAsync(Patience);
        Assert.Equal([[0], [1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 1, 2]], Server.Calls.Select(c => c.Xs));
    }

    [Fact]
    public async Task ABatchStaysWithinTheBodyTheCountAndThePath()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        const int Frame = 12 + 128;
        Start(senders: 1, new BatchLimit(3 * Frame, 64, 3000));
        Task first = Put(0, 1);
        await gate.ArrivedAsync();
        Task[] rest = [.. Enumerable.Range(1, 7).Select(x => Put(x, 1))];
        gate.Open();
        await Task.WhenAll([first, .. rest]).WaitAsync(Patience);
        Assert.Equal([[0], [1, 2, 3], [4, 5, 6], [7]], Server.Calls.Select(c => c.Xs));
    }

    [Theory]
    [InlineData(64, 24, 2)] // two blocks of 12 bytes: "1/0/0/0/0/0/"
    [InlineData(2, 3000, 2)]
    [InlineData(64, 1, 1)] // a single block is always sent
    public async Task TheUrlAndTheCountAreLimits(int blocks, int path, int expected)
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(senders: 1, new BatchLimit(1 << 20, blocks, path));
        Task first = Put(0, 1);
        await gate.ArrivedAsync();
        Task[] rest = [.. Enumerable.Range(1, 4).Select(x => Put(x, 1))];
        gate.Open();
        await Task.WhenAll([first, .. rest]).WaitAsync(Patience);
        Assert.All(Server.Calls.Skip(1), c => Assert.Equal(expected, c.Xs.Length));
    }

    [Fact]
    public async Task ANewerVersionTakesAnUnsentOnesPlaceAndBothClosersGetItsResult()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(senders: 1);
        Task busy = Put(0, 1);
        await gate.ArrivedAsync();
        Task older = Put(5, 1);
        Task newer = Put(5, 2);
        gate.Open();
        await Task.WhenAll(busy, older, newer).WaitAsync(Patience);
        Assert.Equal([2], Server.History[TestVolume.At(5)]);
    }

    [Fact]
    public async Task AWriteDuringTheSendOfTheSameBlockIsSentAfterIt()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(senders: 4);
        Task older = Put(5, 1);
        await gate.ArrivedAsync();
        Task newer = Put(5, 2);
        Assert.False(newer.IsCompleted);
        gate.Open();
        await Task.WhenAll(older, newer).WaitAsync(Patience);
        Assert.Equal([1, 2], Server.History[TestVolume.At(5)]);
    }

    [Fact]
    public async Task OneBadBlockFailsNobodyElse()
    {
        Gate gate = new();
        bool open = false;
        Server.Script = async (_, blocks, cancel) =>
        {
            if (!open)
            {
                await gate.PassAsync(cancel);
            }

            if (blocks.Any(b => b.X == 4))
            {
                throw ScriptedWriter.Refusal("400 Block dimension should be [0-32,0-32,0-32] but is [33,32,32]");
            }
        };
        Start(senders: 1);
        Task busy = Put(0, 1);
        await gate.ArrivedAsync();
        Task[] others = [.. Enumerable.Range(1, 8).Where(x => x != 4).Select(x => Put(x, 1))];
        Task bad = Put(4, 1);
        open = true;
        gate.Open();
        await Task.WhenAll([busy, .. others]).WaitAsync(Patience);
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(() => bad.WaitAsync(Patience));
        Assert.Contains("[33,32,32]", refused.Message, StringComparison.Ordinal);
        Assert.Equal(4, Assert.Single(Observed.Refused).Address.X);
        Assert.Equal(0, Pending.Count);
    }

    [Fact]
    public async Task ABlockThatAlwaysMakesTheServerFailIsTriedAloneAndDoesNotHoldUpTheOthers()
    {
        Server.Script = (_, blocks, _) => blocks.Any(b => b.X == 4) ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Task[] others = [.. Enumerable.Range(0, 8).Where(x => x != 4).Select(x => Put(x, 1))];
        Task bad = Put(4, 1);
        Start(senders: 1);
        await Task.WhenAll(others).WaitAsync(Patience);
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => bad.WaitAsync(Patience));
        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
        Assert.Equal(1, Pending.Postponed);
        Assert.Single(Observed.Postponed);
    }

    [Fact]
    public async Task ABatchThatWaitsForItsNextTryKeepsNoSenderFromTheOthers()
    {
        StandingTime time = new();
        Server.Script = (image, _, _) => image.Timepoint == 0 ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start(senders: 1, time: time);
        Task failing = Put(1, 1);
        await time.Paused.WaitAsync(Patience);
        await Put(1, 2, timepoint: 1).WaitAsync(Patience);
        Assert.Equal(2, Server.Stored[TestVolume.At(1, 1)]);
        Assert.False(failing.IsCompleted);

        await Running!.DisposeAsync();
        Running = null;
        Pending.Dispose();
        await Assert.ThrowsAsync<DataStoreException>(() => failing.WaitAsync(Patience));
    }

    [Fact]
    public async Task AShortOutageIsNotNoticedByClosers()
    {
        int calls = 0;
        Server.Script = (_, _, _) => Interlocked.Increment(ref calls) < 4 ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start();
        await Put(1, 9).WaitAsync(Patience);
        Assert.Equal(9, Server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task WhoTriesPostponedBlocksAgainIsToldWhenTheyCountAlready()
    {
        TaskCompletionSource<int> counted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Pending.WasPostponed = () => counted.TrySetResult(Pending.Postponed);
        Server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start();
        await Assert.ThrowsAsync<DataStoreException>(() => Put(1, 5));
        Assert.Equal(1, await counted.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task APostponedBlockIsSentWhenItIsAskedForAgain()
    {
        bool down = true;
        Server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start();
        await Assert.ThrowsAsync<DataStoreException>(() => Put(1, 9).WaitAsync(Patience));
        down = false;
        Task idle = Pending.WaitIdleAsync();
        Pending.Resume(int.MaxValue);
        await idle.WaitAsync(Patience);
        Assert.Equal(9, Server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task ANewerVersionThatArrivesDuringAnOutageIsWhatIsSent()
    {
        Gate gate = new();
        int calls = 0;
        Server.Script = async (_, _, cancel) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                await gate.PassAsync(cancel);
                throw ScriptedWriter.Outage();
            }
        };
        Start();
        Task older = Put(1, 1);
        await gate.ArrivedAsync();
        Task newer = Put(1, 2);
        gate.Open();
        await Task.WhenAll(older, newer).WaitAsync(Patience);
        Assert.Equal([2], Server.History[TestVolume.At(1)]);
    }

    [Fact]
    public async Task AServerThatTakesLessThanTheLimitTeachesIt()
    {
        const int Frame = 12 + 128;
        Server.Script = (_, blocks, _) => blocks.Sum(b => b.Block.Length - 4) > 2 * Frame ? throw ScriptedWriter.Refusal("413") : Task.CompletedTask;
        Task[] all = [.. Enumerable.Range(0, 8).Select(x => Put(x, 1))];
        Start(senders: 1);
        await Task.WhenAll(all).WaitAsync(Patience);
        Assert.Equal(2 * Frame, Running!.BodyLimit);
        Assert.Empty(Observed.Refused);
    }

    /// <summary>The original answers 413 and closes while the body is still being sent, so that only a broken connection is seen.</summary>
    [Fact]
    public async Task AServerThatCutsTooLongBodiesOffTeachesItsLimitAndASingleBlockBeyondItIsRefused()
    {
        const int Part = 16 << 20;
        await using CuttingServer server = new(limit: Part + 12);
        await using DataStoreClient client = new(server.Address, Pool);
        Task[] batch = [PutLong(0, Part, timepoint: 0), PutLong(1, Part, timepoint: 0)];
        Task single = PutLong(0, Part * 2, timepoint: 1);
        Start(senders: 1, new BatchLimit(Part * 4L, 64, 3000), server: client);

        await Task.WhenAll(batch).WaitAsync(Patience);
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(() => single.WaitAsync(Patience));

        Assert.Contains("413", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(Observed.Refused).Address.Image.Timepoint);
        Assert.Equal(Part + 12, Running!.BodyLimit);
        (long, bool, int)[] expected =
        [
            ((Part + 12) * 2, false, 413), ((Part + 12) * 2, true, 413), (Part + 12, false, 200), (Part + 12, false, 200),
            ((Part * 2) + 12, false, 413), ((Part * 2) + 12, true, 413),
        ];
        Assert.Equal(expected.Order(), server.Requests.Order()); // the two tries of one do not keep the other waiting
    }

    [Fact]
    public async Task ATokenThatIsNoGoodIsToldAtOnceAndTheBlockStays()
    {
        Server.Script = (_, _, _) => throw new DataStoreException(DataStoreErrorKind.Unauthorized, "401");
        Start();
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Put(1, 1).WaitAsync(Patience));
        Assert.Equal(DataStoreErrorKind.Unauthorized, fault.Kind);
        Assert.Single(Server.Calls);
        Assert.Equal(1, Pending.Postponed);
    }

    [Fact]
    public async Task ASenderOutlivesWhateverTheClientThrows()
    {
        Server.Script = (_, _, _) => throw new InvalidOperationException("a bug");
        Start(senders: 1);
        await Assert.ThrowsAsync<DataStoreException>(() => Put(1, 1).WaitAsync(Patience));
        Server.Script = (_, _, _) => Task.CompletedTask;
        await Put(2, 2).WaitAsync(Patience);
    }

    [Fact]
    public async Task OwnWritesAreSeenUntilTheServerHasThem()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(senders: 1);
        Task older = Put(1, 1);
        await gate.ArrivedAsync();
        Task newer = Put(1, 2);
        Assert.True(Pending.TryGet(TestVolume.At(1), out BlockBuffer? seen));
        Assert.Equal(2, TestVolume.ValueOf(seen!));
        seen!.Release();
        gate.Open();
        await Task.WhenAll(older, newer).WaitAsync(Patience);
        Assert.False(Pending.TryGet(TestVolume.At(1), out _));
    }

    [Fact]
    public async Task StoppingTellsThoseWhoStillWait()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(senders: 1);
        Task sending = Put(1, 1);
        await gate.ArrivedAsync();
        Task queued = Put(2, 1);
        await Running!.DisposeAsync();
        Running = null;
        Pending.Dispose();
        await Assert.ThrowsAsync<DataStoreException>(() => sending.WaitAsync(Patience));
        await Assert.ThrowsAsync<DataStoreException>(() => queued.WaitAsync(Patience));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ManyWritersOverAFailingServerEndWithTheLastValueOfEveryBlock(int seed)
    {
        Random random = new(seed);
        Lock gate = new();
        Server.Script = async (_, _, _) =>
        {
            int dice;
            lock (gate)
            {
                dice = random.Next(10);
            }

            await Task.Yield();
            if (dice == 0)
            {
                throw ScriptedWriter.Outage();
            }
        };
        Start(senders: 3, new BatchLimit(5 * 140, 64, 3000));
        List<Task> writes = [];
        Dictionary<BlockAddress, int> last = [];
        for (int i = 0; i < 1500; i++)
        {
            int x = random.Next(20);
            int timepoint = random.Next(3);
            int value = random.Next(256);
            last[TestVolume.At(x, timepoint)] = value;
            writes.Add(Put(x, value, timepoint));
            if (i % 50 == 0)
            {
                await Task.Yield();
            }
        }

        Task idle = Pending.WaitIdleAsync();
        await Task.WhenAll(writes).WaitAsync(TimeSpan.FromMinutes(1));
        await idle.WaitAsync(Patience);
        Assert.Equal(last.OrderBy(p => p.Key.ToString()), Server.Stored.OrderBy(p => p.Key.ToString()));
    }
}
