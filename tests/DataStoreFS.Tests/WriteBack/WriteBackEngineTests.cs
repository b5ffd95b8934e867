using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

public sealed class WriteBackEngineTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly NativeBlockPool _pool = new();
    private readonly ScriptedWriter _server = new();
    private readonly RecordingObserver _observer = new();
    private readonly VolumeInfo _volume = TestVolume.Create();
    private WriteBackEngine? _engine;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Fact]
    public async Task ThroughEndsWithTheServersAnswerAndLeavesNoJournal()
    {
        Start(WriteBackMode.Through);
        await Write(1, 5);
        Assert.Equal(5, _server.Stored[TestVolume.At(1)]);
        Assert.Equal([(TestVolume.Key(1), 5)], _observer.Seen);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.journal"));
        Assert.Equal(0, _engine!.Status.PendingBlocks);
        Assert.Equal(1, _engine.Status.SentBlocks);
    }

    [Fact]
    public async Task WhatTheServerHasNoAddressForIsRefusedAndNeverTakenForTheBlockUnderThatAddress()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Through);
        _engine!.Add(TestVolume.Create(volume: 1, furtherTile: true));
        await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        BlockKey tile = TestVolume.Key(1) with { Volume = 1 };
        Assert.False(_engine.TryGet(tile, out _));
        BlockBuffer block = TestVolume.Block(_pool, 6);
        Assert.Equal(
            DataStoreErrorKind.NotPermitted,
            (await Assert.ThrowsAsync<DataStoreException>(() => _engine.WriteAsync(tile, block, CancellationToken.None))).Kind);
        Assert.Equal(1, _engine.Status.PendingBlocks);
    }

    [Fact]
    public async Task InModeThroughAnOutageIsToldToTheCloserAndTheBlockIsKeptOverARestart()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Through);
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
        Assert.Equal(1, _engine!.Status.PendingBlocks);
        Assert.Equal("connection refused", _engine.Status.LastError);
        Assert.Equal(5, Pending(1));
        await StopAsync();

        _server.Script = (_, _, _) => Task.CompletedTask;
        Start(WriteBackMode.Through);
        await DrainAsync();
        Assert.Equal(5, _server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task AWriteAfterAnOutageIsNotUndoneByAReplayOfTheOneBefore()
    {
        bool down = true;
        _server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start(WriteBackMode.Through);
        await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        down = false;
        await Write(1, 6);

        // As kill -9 right after the acknowledgement would leave it.
        using TemporaryFolder killed = new();
        foreach (string file in Directory.GetFiles(_folder.Path, "*.journal"))
        {
            File.Copy(file, Path.Combine(killed.Path, Path.GetFileName(file)));
        }

        await using WriteBackEngine next = Engine(WriteBackMode.Through, killed.Path);
        await next.DrainAsync(CancellationToken.None).WaitAsync(s_patience);
        Assert.Equal(6, _server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task WhatAReplaySendsTakesTheOldOnesPlaceInCachesThoughNobodyHasAskedForIt()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Journal);
        await Write(1, 5, timepoint: 3);
        await StopAsync();
        _server.Script = (_, _, _) => Task.CompletedTask;
        Start(WriteBackMode.Journal);
        _engine!.Add(TestVolume.Create(volume: 1));
        _engine.Add(TestVolume.Create(volume: 2, furtherTile: true));
        await DrainAsync();
        BlockKey key = TestVolume.Key(1, timepoint: 3);
        Assert.Equal([(key, 5), (key with { Volume = 1 }, 5)], _observer.Seen.OrderBy(s => s.Key.Volume));
        Assert.Empty(_observer.Elsewhere);
    }

    [Fact]
    public async Task WhatAReplaySendsToAnotherDatasetIsToldToo()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Journal);
        await Write(1, 5);
        await StopAsync();
        _server.Script = (_, _, _) => Task.CompletedTask;
        await using WriteBackEngine other = Engine(WriteBackMode.Journal, _folder.Path, volume: TestVolume.Create(uuid: "another"));
        await other.DrainAsync(CancellationToken.None).WaitAsync(s_patience);
        Assert.Empty(_observer.Seen);
        Assert.Equal([TestVolume.Image.Uuid], _observer.Elsewhere);
    }

    [Fact]
    public async Task JournalModeEndsBeforeTheServerAnswersAndFsyncWaitsForIt()
    {
        Gate gate = new();
        _server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(WriteBackMode.Journal);
        await Write(1, 5);
        Assert.Empty(_server.Stored);
        Assert.Equal(5, Pending(1));
        Task synced = _engine!.SyncAsync(TestVolume.Key(1), CancellationToken.None);
        Assert.False(synced.IsCompleted);
        gate.Open();
        await synced.WaitAsync(s_patience);
        Assert.Equal(5, _server.Stored[TestVolume.At(1)]);
        Assert.False(_engine.TryGet(TestVolume.Key(1), out _));
    }

    [Fact]
    public async Task JournalModeKeepsWhatWasClosedOverARestart()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Journal);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(x => Write(x, 10 + x)));
        await Write(1, 99);
        await StopAsync();
        _server.Script = (_, _, _) => Task.CompletedTask;
        Start(WriteBackMode.Journal);
        await DrainAsync();
        Assert.Equal([10, 99, 12], Enumerable.Range(0, 3).Select(x => _server.Stored[TestVolume.At(x)]));
        await StopAsync();
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.journal"));
    }

    [Fact]
    public async Task WhatTheServerRefusesIsParkedListedAndNotTriedAgain()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Refusal("400 Channel=0 and angle=0 not found.");
        Start(WriteBackMode.Through);
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        Assert.Equal(DataStoreErrorKind.Refused, fault.Kind);
        Assert.Equal((0, 1), (_engine!.Status.PendingBlocks, _engine.Status.ParkedBlocks));
        ParkedBlock parked = Assert.Single(_engine.Parked());
        Assert.Equal([parked], ParkedBlocksJson.Read(ParkedBlocksJson.Write([parked])));
        Assert.StartsWith(_engine.Status.ParkedFolder + "/", parked.Path, StringComparison.Ordinal);
        Assert.Equal(TestVolume.At(1), parked.Address);
        Assert.Equal("400 Channel=0 and angle=0 not found.", parked.Reason);
        byte[] file = await File.ReadAllBytesAsync(parked.Path);
        Assert.Equal((16 + 128, 5), (file.Length, file[16]));
        await StopAsync();
        Start(WriteBackMode.Through);
        await DrainAsync();
        Assert.Single(_server.Calls);
        Assert.Equal(1, _engine!.Status.ParkedBlocks);
    }

    [Fact]
    public async Task ParkedBlocksThatWereRemovedAreRoomAtOnce()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Refusal();
        Start(WriteBackMode.Journal, journalSize: 2000);
        DataStoreException? full = null;
        while (full is null)
        {
            try
            {
                await Write(1, 5);
                await DrainAsync();
            }
            catch (DataStoreException fault)
            {
                full = fault;
            }
        }

        Assert.Equal(DataStoreErrorKind.NoSpace, full.Kind);
        _server.Script = (_, _, _) => Task.CompletedTask;
        Array.ForEach(Directory.GetFiles(_engine!.Status.ParkedFolder), File.Delete);
        await Write(1, 6);
        await DrainAsync();
        Assert.Equal(6, _server.Stored[TestVolume.At(1)]);
        Assert.Equal(0, _engine.Status.ParkedBlocks);
    }

    [Fact]
    public async Task ARefusalAfterCloseIsToldByTheNextFsyncOnce()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Refusal();
        Start(WriteBackMode.Journal);
        await Write(1, 5);
        await DrainAsync();
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => _engine!.SyncAsync(TestVolume.Key(1), CancellationToken.None));
        Assert.Equal(DataStoreErrorKind.Refused, fault.Kind);
        await _engine!.SyncAsync(TestVolume.Key(1), CancellationToken.None);
    }

    [Theory]
    [InlineData(WriteBackMode.Through)]
    [InlineData(WriteBackMode.Journal)]
    public async Task WhatWasShownAndThenRefusedIsTakenBack(WriteBackMode mode)
    {
        Gate gate = new();
        _server.Script = async (_, _, cancel) =>
        {
            await gate.PassAsync(cancel);
            throw ScriptedWriter.Refusal();
        };
        Start(mode);
        Task written = Write(1, 5);
        await gate.ArrivedAsync();
        Assert.Equal(5, Pending(1));
        Assert.Empty(_observer.Gone);
        gate.Open();
        Assert.Equal(mode == WriteBackMode.Through, await Record.ExceptionAsync(() => written) is DataStoreException);
        await DrainAsync();
        Assert.Equal([TestVolume.Key(1)], _observer.Gone);
        Assert.Equal(1, _engine!.Status.RefusedBlocks);
        await StopAsync();
        Start(mode);
        Assert.Equal((0, 1), (_engine!.Status.RefusedBlocks, _engine.Status.ParkedBlocks));
    }

    [Fact]
    public async Task AFullJournalIsAnErrorOfTheWriteAndNothingElseSuffers()
    {
        bool down = true;
        _server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start(WriteBackMode.Journal, journalSize: 2000);
        List<(int X, int Timepoint)> kept = [];
        DataStoreException? full = null;
        for (int i = 0; full is null; i++)
        {
            try
            {
                await Write(i % 3, 1 + i, timepoint: i / 3);
                kept.Add((i % 3, i / 3));
            }
            catch (DataStoreException fault)
            {
                full = fault;
            }
        }

        Assert.Equal(DataStoreErrorKind.NoSpace, full.Kind);
        Assert.Equal(DataStoreErrorKind.NoSpace, Assert.Throws<DataStoreException>(() => _engine!.RequireRoom(500)).Kind);
        down = false;
        await DrainAsync();
        Assert.All(kept, k => Assert.Equal(1 + k.X + (3 * k.Timepoint), _server.Stored[TestVolume.At(k.X, k.Timepoint)]));
        await Write(0, 77);
    }

    [Fact]
    public async Task WhatAFullJournalCannotKeepIsToldAndGivenUpAndTheVersionBeforeItIsSent()
    {
        bool down = true;
        _server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start(WriteBackMode.Through, journalSize: 2000);
        Dictionary<int, DataStoreErrorKind> told = [];
        for (int timepoint = 0; timepoint < 8; timepoint++)
        {
            for (int x = 0; x < 3; x++)
            {
                told[(timepoint * 3) + x] = (await Assert.ThrowsAsync<DataStoreException>(() => Write(x, 1, timepoint))).Kind;
            }
        }

        int[] kept = [.. told.Where(t => t.Value != DataStoreErrorKind.NoSpace).Select(t => t.Key)];
        Assert.InRange(kept.Length, 1, 23);
        Assert.Equal(kept.Length, _engine!.Status.PendingBlocks);
        Assert.Equal(told.Count - kept.Length, _observer.Gone.Count);

        DataStoreException full = await Assert.ThrowsAsync<DataStoreException>(() => Write(kept[0] % 3, 2, kept[0] / 3));
        Assert.Equal(DataStoreErrorKind.NoSpace, full.Kind);
        Assert.Equal(kept.Length, _engine.Status.PendingBlocks);
        Assert.Equal(1, Pending(kept[0] % 3, kept[0] / 3));
        Volatile.Write(ref down, false);
        await DrainAsync();
        Assert.Equal(kept.Length, _server.Stored.Count);
        Assert.Equal(1, _server.Stored[TestVolume.At(kept[0] % 3, kept[0] / 3)]);
    }

    [Fact]
    public async Task BlocksBeyondTheMemoryBudgetAreReadBackFromTheJournal()
    {
        bool down = true;
        _server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start(WriteBackMode.Journal, memory: 300);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(x => Write(x, 10 + x)));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(x => Write(x, 20 + x, timepoint: 1)));
        Assert.Equal([20, 21, 22], Enumerable.Range(0, 3).Select(x => Pending(x, timepoint: 1)));
        Assert.Equal(6, _engine!.Status.PendingBlocks);
        down = false;
        await DrainAsync();
        Assert.Equal(22, _server.Stored[TestVolume.At(2, 1)]);
        Assert.Equal(10, _server.Stored[TestVolume.At(0)]);
    }

    [Fact]
    public async Task AnInterruptedCloserDoesNotStopTheWrite()
    {
        Gate gate = new();
        _server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(WriteBackMode.Through);
        using CancellationTokenSource interrupt = new();
        Task write = _engine!.WriteAsync(TestVolume.Key(1), TestVolume.Block(_pool, 5), interrupt.Token);
        await gate.ArrivedAsync();
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        gate.Open();
        await DrainAsync();
        Assert.Equal(5, _server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task TwoHandlesThatFlushAtOnceLeaveTheNewerContent()
    {
        Gate gate = new();
        _server.Script = (_, _, cancellationToken) => gate.PassAsync(cancellationToken);
        Start(WriteBackMode.Through);
        BlockSaver saver = new(_engine!, _pool, NullLogger.Instance);
        using BlockWriteBuffer buffer = new(_pool, "5/1/0", existed: false, usualLength: 144, maximumLength: 1024);
        Fill(buffer, 5);
        Task<bool> first = saver.SaveAsync(buffer, _volume, TestVolume.Key(1), default);
        await gate.ArrivedAsync();
        Fill(buffer, 6);
        Task<bool> second = saver.SaveAsync(buffer, _volume, TestVolume.Key(1), default);
        Task<bool> third = saver.SaveAsync(buffer, _volume, TestVolume.Key(1), default);
        Assert.Equal(1, _engine!.Status.PendingBlocks); // the second one's content is not handed on while the first is under way
        gate.Open();

        bool[] sent = await Task.WhenAll(first, second, third).WaitAsync(s_patience);
        Assert.Equal([true, true, false], sent);
        Assert.Equal([5, 6], _server.History[TestVolume.At(1)]);

        void Fill(BlockWriteBuffer file, int value)
        {
            BlockBuffer block = TestVolume.Block(_pool, value);
            file.Write(0, block.GetSpan());
            block.Release();
        }
    }

    [Fact]
    public async Task TheSaverSendsWhatWasWrittenOnceAndNothingThatWasNot()
    {
        Start(WriteBackMode.Through);
        BlockSaver saver = new(_engine!, _pool, NullLogger.Instance);
        using BlockWriteBuffer buffer = new(_pool, "setup0/timepoint0/s0/1/0/0", existed: false, 144, 4096);
        Assert.False(await saver.SaveAsync(buffer, _volume, TestVolume.Key(1), CancellationToken.None));
        BlockBuffer block = TestVolume.Block(_pool, 7);
        buffer.Write(0, block.GetSpan());
        block.Release();
        Assert.True(await saver.SaveAsync(buffer, _volume, TestVolume.Key(1), CancellationToken.None));
        Assert.False(await saver.SaveAsync(buffer, _volume, TestVolume.Key(1), CancellationToken.None));
        Assert.Equal([7], _server.History[TestVolume.At(1)]);
    }

    [Fact]
    public async Task AFailedSaveStaysDirtyAndIsTriedByTheNext()
    {
        _server.Script = (_, _, _) => throw ScriptedWriter.Refusal();
        Start(WriteBackMode.Through);
        BlockSaver saver = new(_engine!, _pool, NullLogger.Instance);
        using BlockWriteBuffer buffer = new(_pool, "b", existed: false, 144, 4096);
        BlockBuffer block = TestVolume.Block(_pool, 7);
        buffer.Write(0, block.GetSpan());
        block.Release();
        await Assert.ThrowsAsync<DataStoreException>(() => saver.SaveAsync(buffer, _volume, TestVolume.Key(1), CancellationToken.None));
        _server.Script = (_, _, _) => Task.CompletedTask;
        Assert.True(await saver.SaveAsync(buffer, _volume, TestVolume.Key(1), CancellationToken.None));
    }

    private void Start(WriteBackMode mode, long journalSize = 1 << 20, long memory = 1 << 20) =>
        _engine = Engine(mode, _folder.Path, journalSize, memory);

    private WriteBackEngine Engine(
        WriteBackMode mode, string folder, long journalSize = 1 << 20, long memory = 1 << 20, VolumeInfo? volume = null)
    {
        WriteBackOptions options = new()
        {
            JournalFolder = folder,
            Server = "http://datastore.example",
            Mode = mode,
            JournalSize = journalSize,
            MemoryBytes = memory,
        };
        WriteBackEngine engine = WriteBackEngine.Open(options, _server, _observer, _pool, new EagerTime(), NullLogger.Instance);
        engine.Add(volume ?? _volume);
        return engine;
    }

    private Task Write(int x, int value, int timepoint = 0) =>
        _engine!.WriteAsync(TestVolume.Key(x, timepoint: timepoint), TestVolume.Block(_pool, value), CancellationToken.None).WaitAsync(s_patience);

    private int Pending(int x, int timepoint = 0)
    {
        Assert.True(_engine!.TryGet(TestVolume.Key(x, timepoint: timepoint), out BlockBuffer? block));
        int value = TestVolume.ValueOf(block!);
        block!.Release();
        return value;
    }

    private Task DrainAsync() => _engine!.DrainAsync(CancellationToken.None).WaitAsync(s_patience);

    private async Task StopAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
            _engine = null;
        }
    }
}
