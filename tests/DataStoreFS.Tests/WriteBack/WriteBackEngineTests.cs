using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

public sealed class WriteBackEngineTests : WriteBackEngineTest
{
    [Fact]
    public async Task ThroughEndsWithTheServersAnswerAndLeavesNoJournal()
    {
        Start(WriteBackMode.Through);
        await Write(1, 5);
        Assert.Equal(5, Server.Stored[TestVolume.At(1)]);
        Assert.Equal([(TestVolume.Key(1), 5)], Observer.Seen);
        Assert.Empty(Directory.GetFiles(Folder.Path, "*.journal"));
        Assert.Equal(0, Running!.Status.PendingBlocks);
        Assert.Equal(1, Running.Status.SentBlocks);
    }

    [Fact]
    public async Task WhatTheServerHasNoAddressForIsRefusedAndNeverTakenForTheBlockUnderThatAddress()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Through);
        Running!.Add(TestVolume.Create(volume: 1, furtherTile: true));
        await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        BlockKey tile = TestVolume.Key(1) with { Volume = 1 };
        Assert.False(Running.TryGet(tile, out _));
        BlockBuffer block = TestVolume.Block(Pool, 6);
        Assert.Equal(
            DataStoreErrorKind.NotPermitted,
            (await Assert.ThrowsAsync<DataStoreException>(() => Running.WriteAsync(tile, block, CancellationToken.None))).Kind);
        Assert.Equal(1, Running.Status.PendingBlocks);
    }

    [Fact]
    public async Task InModeThroughAnOutageIsToldToTheCloserAndTheBlockIsKeptOverARestart()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Through);
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
        Assert.Equal(1, Running!.Status.PendingBlocks);
        Assert.Equal("connection refused", Running.Status.LastError);
        Assert.Equal(5, Pending(1));
        await StopAsync();

        Server.Script = (_, _, _) => Task.CompletedTask;
        Start(WriteBackMode.Through);
        await DrainAsync();
        Assert.Equal(5, Server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task AWriteAfterAnOutageIsNotUndoneByAReplayOfTheOneBefore()
    {
        bool down = true;
        Server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start(WriteBackMode.Through);
        await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        down = false;
        await Write(1, 6);

        // As kill -9 right after the acknowledgement would leave it.
        using TemporaryFolder killed = new();
        foreach (string file in Directory.GetFiles(Folder.Path, "*.journal"))
        {
            File.Copy(file, Path.Combine(killed.Path, Path.GetFileName(file)));
        }

        await using WriteBackEngine next = Engine(WriteBackMode.Through, killed.Path);
        await next.DrainAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(6, Server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task WhatAReplaySendsTakesTheOldOnesPlaceInCachesThoughNobodyHasAskedForIt()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Journal);
        await Write(1, 5, timepoint: 3);
        await StopAsync();
        Server.Script = (_, _, _) => Task.CompletedTask;
        Start(WriteBackMode.Journal);
        Running!.Add(TestVolume.Create(volume: 1));
        Running.Add(TestVolume.Create(volume: 2, furtherTile: true));
        await DrainAsync();
        BlockKey key = TestVolume.Key(1, timepoint: 3);
        Assert.Equal([(key, 5), (key with { Volume = 1 }, 5)], Observer.Seen.OrderBy(s => s.Key.Volume));
        Assert.Empty(Observer.Elsewhere);
    }

    [Fact]
    public async Task WhatAReplaySendsToAnotherDatasetIsToldToo()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Journal);
        await Write(1, 5);
        await StopAsync();
        Server.Script = (_, _, _) => Task.CompletedTask;
        await using WriteBackEngine other = Engine(WriteBackMode.Journal, Folder.Path, volume: TestVolume.Create(uuid: "another"));
        await other.DrainAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Empty(Observer.Seen);
        Assert.Equal([TestVolume.Image.Uuid], Observer.Elsewhere);
    }

    [Fact]
    public async Task JournalModeEndsBeforeTheServerAnswersAndFsyncWaitsForIt()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(WriteBackMode.Journal);
        await Write(1, 5);
        Assert.Empty(Server.Stored);
        Assert.Equal(5, Pending(1));
        Task synced = Running!.SyncAsync(TestVolume.Key(1), CancellationToken.None);
        Assert.False(synced.IsCompleted);
        gate.Open();
        await synced.WaitAsync(Patience);
        Assert.Equal(5, Server.Stored[TestVolume.At(1)]);
        Assert.False(Running.TryGet(TestVolume.Key(1), out _));
    }

    [Fact]
    public async Task JournalModeKeepsWhatWasClosedOverARestart()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Outage();
        Start(WriteBackMode.Journal);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(x => Write(x, 10 + x)));
        await Write(1, 99);
        await StopAsync();
        Server.Script = (_, _, _) => Task.CompletedTask;
        Start(WriteBackMode.Journal);
        await DrainAsync();
        Assert.Equal([10, 99, 12], Enumerable.Range(0, 3).Select(x => Server.Stored[TestVolume.At(x)]));
        await StopAsync();
        Assert.Empty(Directory.GetFiles(Folder.Path, "*.journal"));
    }

    [Fact]
    public async Task BlocksBeyondTheMemoryBudgetAreReadBackFromTheJournal()
    {
        bool down = true;
        Server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
        Start(WriteBackMode.Journal, memory: 300);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(x => Write(x, 10 + x)));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(x => Write(x, 20 + x, timepoint: 1)));
        Assert.Equal([20, 21, 22], Enumerable.Range(0, 3).Select(x => Pending(x, timepoint: 1)));
        Assert.Equal(6, Running!.Status.PendingBlocks);
        down = false;
        await DrainAsync();
        Assert.Equal(22, Server.Stored[TestVolume.At(2, 1)]);
        Assert.Equal(10, Server.Stored[TestVolume.At(0)]);
    }

    [Fact]
    public async Task AnInterruptedCloserDoesNotStopTheWrite()
    {
        Gate gate = new();
        Server.Script = (_, _, cancel) => gate.PassAsync(cancel);
        Start(WriteBackMode.Through);
        using CancellationTokenSource interrupt = new();
        Task write = Running!.WriteAsync(TestVolume.Key(1), TestVolume.Block(Pool, 5), interrupt.Token);
        await gate.ArrivedAsync();
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        gate.Open();
        await DrainAsync();
        Assert.Equal(5, Server.Stored[TestVolume.At(1)]);
    }

    [Fact]
    public async Task TwoHandlesThatFlushAtOnceLeaveTheNewerContent()
    {
        Gate gate = new();
        Server.Script = (_, _, cancellationToken) => gate.PassAsync(cancellationToken);
        Start(WriteBackMode.Through);
        BlockSaver saver = new(Running!, Pool, NullLogger.Instance);
        using BlockWriteBuffer buffer = new(Pool, "5/1/0", existed: false, usualLength: 144, maximumLength: 1024);
        Fill(buffer, 5);
        Task<bool> first = saver.SaveAsync(buffer, Volume, TestVolume.Key(1), default);
        await gate.ArrivedAsync();
        Fill(buffer, 6);
        Task<bool> second = saver.SaveAsync(buffer, Volume, TestVolume.Key(1), default);
        Task<bool> third = saver.SaveAsync(buffer, Volume, TestVolume.Key(1), default);
        Assert.Equal(1, Running!.Status.PendingBlocks); // the second one's content is not handed on while the first is under way
        gate.Open();

        bool[] sent = await Task.WhenAll(first, second, third).WaitAsync(Patience);
        Assert.Equal([true, true, false], sent);
        Assert.Equal([5, 6], Server.History[TestVolume.At(1)]);

        void Fill(BlockWriteBuffer file, int value)
        {
            BlockBuffer block = TestVolume.Block(Pool, value);
            file.Write(0, block.GetSpan());
            block.Release();
        }
    }

    [Fact]
    public async Task TheSaverSendsWhatWasWrittenOnceAndNothingThatWasNot()
    {
        Start(WriteBackMode.Through);
        BlockSaver saver = new(Running!, Pool, NullLogger.Instance);
        using BlockWriteBuffer buffer = new(Pool, "setup0/timepoint0/s0/1/0/0", existed: false, 144, 4096);
        Assert.False(await saver.SaveAsync(buffer, Volume, TestVolume.Key(1), CancellationToken.None));
        BlockBuffer block = TestVolume.Block(Pool, 7);
        buffer.Write(0, block.GetSpan());
        block.Release();
        Assert.True(await saver.SaveAsync(buffer, Volume, TestVolume.Key(1), CancellationToken.None));
        Assert.False(await saver.SaveAsync(buffer, Volume, TestVolume.Key(1), CancellationToken.None));
        Assert.Equal([7], Server.History[TestVolume.At(1)]);
    }

    [Fact]
    public async Task AFailedSaveStaysDirtyAndIsTriedByTheNext()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Refusal();
        Start(WriteBackMode.Through);
        BlockSaver saver = new(Running!, Pool, NullLogger.Instance);
        using BlockWriteBuffer buffer = new(Pool, "b", existed: false, 144, 4096);
        BlockBuffer block = TestVolume.Block(Pool, 7);
        buffer.Write(0, block.GetSpan());
        block.Release();
        await Assert.ThrowsAsync<DataStoreException>(() => saver.SaveAsync(buffer, Volume, TestVolume.Key(1), CancellationToken.None));
        Server.Script = (_, _, _) => Task.CompletedTask;
        Assert.True(await saver.SaveAsync(buffer, Volume, TestVolume.Key(1), CancellationToken.None));
    }
}
