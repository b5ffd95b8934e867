using DataStoreFS.Model;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>Blocks that the server refuses, or that find no room while it cannot be asked.</summary>
public sealed class NotSentTests : WriteBackEngineTest
{
    [Fact]
    public async Task WhatTheServerRefusesIsParkedListedAndNotTriedAgain()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Refusal("400 Channel=0 and angle=0 not found.");
        Start(WriteBackMode.Through);
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Write(1, 5));
        Assert.Equal(DataStoreErrorKind.Refused, fault.Kind);
        Assert.Equal((0, 1), (Running!.Status.PendingBlocks, Running.Status.ParkedBlocks));
        ParkedBlock parked = Assert.Single(Running.Parked());
        Assert.Equal([parked], ParkedBlocksJson.Read(ParkedBlocksJson.Write([parked])));
        Assert.StartsWith(Running.Status.ParkedFolder + "/", parked.Path, StringComparison.Ordinal);
        Assert.Equal(TestVolume.At(1), parked.Address);
        Assert.Equal("400 Channel=0 and angle=0 not found.", parked.Reason);
        byte[] file = await File.ReadAllBytesAsync(parked.Path);
        Assert.Equal((16 + 128, 5), (file.Length, file[16]));
        await StopAsync();
        Start(WriteBackMode.Through);
        await DrainAsync();
        Assert.Single(Server.Calls);
        Assert.Equal(1, Running!.Status.ParkedBlocks);
    }

    [Fact]
    public async Task ParkedBlocksThatWereRemovedAreRoomAtOnce()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Refusal();
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
        Server.Script = (_, _, _) => Task.CompletedTask;
        Array.ForEach(Directory.GetFiles(Running!.Status.ParkedFolder), File.Delete);
        await Write(1, 6);
        await DrainAsync();
        Assert.Equal(6, Server.Stored[TestVolume.At(1)]);
        Assert.Equal(0, Running.Status.ParkedBlocks);
    }

    [Fact]
    public async Task ARefusalAfterCloseIsToldByTheNextFsyncOnce()
    {
        Server.Script = (_, _, _) => throw ScriptedWriter.Refusal();
        Start(WriteBackMode.Journal);
        await Write(1, 5);
        await DrainAsync();
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Running!.SyncAsync(TestVolume.Key(1), CancellationToken.None));
        Assert.Equal(DataStoreErrorKind.Refused, fault.Kind);
        await Running!.SyncAsync(TestVolume.Key(1), CancellationToken.None);
    }

    [Theory]
    [InlineData(WriteBackMode.Through)]
    [InlineData(WriteBackMode.Journal)]
    public async Task WhatWasShownAndThenRefusedIsTakenBack(WriteBackMode mode)
    {
        Gate gate = new();
        Server.Script = async (_, _, cancel) =>
        {
            await gate.PassAsync(cancel);
            throw ScriptedWriter.Refusal();
        };
        Start(mode);
        Task written = Write(1, 5);
        await gate.ArrivedAsync();
        Assert.Equal(5, Pending(1));
        Assert.Empty(Observer.Gone);
        gate.Open();
        Assert.Equal(mode == WriteBackMode.Through, await Record.ExceptionAsync(() => written) is DataStoreException);
        await DrainAsync();
        Assert.Equal([TestVolume.Key(1)], Observer.Gone);
        Assert.Equal(1, Running!.Status.RefusedBlocks);
        await StopAsync();
        Start(mode);
        Assert.Equal((0, 1), (Running!.Status.RefusedBlocks, Running.Status.ParkedBlocks));
    }

    [Fact]
    public async Task AFullJournalIsAnErrorOfTheWriteAndNothingElseSuffers()
    {
        bool down = true;
        Server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
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
        Assert.Equal(DataStoreErrorKind.NoSpace, Assert.Throws<DataStoreException>(() => Running!.RequireRoom(500)).Kind);
        down = false;
        await DrainAsync();
        Assert.All(kept, k => Assert.Equal(1 + k.X + (3 * k.Timepoint), Server.Stored[TestVolume.At(k.X, k.Timepoint)]));
        await Write(0, 77);
    }

    [Fact]
    public async Task WhatAFullJournalCannotKeepIsToldAndGivenUpAndTheVersionBeforeItIsSent()
    {
        bool down = true;
        Server.Script = (_, _, _) => down ? throw ScriptedWriter.Outage() : Task.CompletedTask;
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
        Assert.Equal(kept.Length, Running!.Status.PendingBlocks);
        Assert.Equal(told.Count - kept.Length, Observer.Gone.Count);

        DataStoreException full = await Assert.ThrowsAsync<DataStoreException>(() => Write(kept[0] % 3, 2, kept[0] / 3));
        Assert.Equal(DataStoreErrorKind.NoSpace, full.Kind);
        Assert.Equal(kept.Length, Running.Status.PendingBlocks);
        Assert.Equal(1, Pending(kept[0] % 3, kept[0] / 3));
        Volatile.Write(ref down, false);
        await DrainAsync();
        Assert.Equal(kept.Length, Server.Stored.Count);
        Assert.Equal(1, Server.Stored[TestVolume.At(kept[0] % 3, kept[0] / 3)]);
    }
}
