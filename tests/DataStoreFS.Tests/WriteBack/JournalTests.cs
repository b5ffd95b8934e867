using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

public sealed class JournalTests : IDisposable
{
    private const string Server = "http://datastore.example:9080";
    private const long Large = 64 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly NativeBlockPool _pool = new();

    public void Dispose()
    {
        _folder.Dispose();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Fact]
    public async Task WhatWasAcknowledgedIsFoundByTheNextProcess()
    {
        await using (Journal journal = Open())
        {
            await Append(journal, 1, 7);
            await Append(journal, 2, 8);
        }

        await using Journal again = Open();
        Assert.Equal([1, 2], again.Recovered.Select(e => e.Address.X));
        Assert.Equal(TestVolume.At(1), again.Recovered[0].Address);
        Assert.Equal([7, 8], again.Recovered.Select(e => Value(again, e.Sequence)));
        Assert.True(again.NextSequence() > again.Recovered.Max(e => e.Sequence));
    }

    [Fact]
    public async Task OnlyTheNewestVersionOfABlockIsReplayed()
    {
        await using (Journal journal = Open())
        {
            await Append(journal, 1, 1);
            await Append(journal, 2, 2);
            await Append(journal, 1, 3);
        }

        await using Journal again = Open();
        Assert.Equal([(2, 2), (1, 3)], again.Recovered.Select(e => (e.Address.X, Value(again, e.Sequence))));
    }

    [Fact]
    public async Task CompletedWritesAreNotReplayedAndTakeTheOlderVersionsWithThem()
    {
        await using (Journal journal = Open())
        {
            await Append(journal, 1, 1);
            long newest = await Append(journal, 1, 2);
            await Append(journal, 2, 3);
            await journal.CompleteAsync(TestVolume.At(1), newest);
            Assert.Null(journal.Read(newest));
        }

        await using Journal again = Open();
        Assert.Equal([2], again.Recovered.Select(e => e.Address.X));
    }

    [Fact]
    public async Task AVersionNewerThanTheCompletedOneStays()
    {
        await using (Journal journal = Open())
        {
            long older = await Append(journal, 1, 1);
            await Append(journal, 1, 2);
            await journal.CompleteAsync(TestVolume.At(1), older);
        }

        await using Journal again = Open();
        Assert.Equal(2, Value(again, Assert.Single(again.Recovered).Sequence));
    }

    [Fact]
    public async Task ABlocksCompletionEndsWhenThoseBeforeItAreDurable()
    {
        await using Journal journal = Open();
        for (int round = 0; round < 20; round++)
        {
            Task earlier = journal.CompleteAsync(TestVolume.At(1), await Append(journal, 1, 7));
            await journal.CompleteAsync(TestVolume.At(1), journal.NextSequence());
            Assert.True(earlier.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task AFinishedJournalLeavesNoFiles()
    {
        await using (Journal journal = Open())
        {
            await journal.CompleteAsync(TestVolume.At(1), await Append(journal, 1, 1));
        }

        Assert.Empty(Directory.GetFiles(_folder.Path, "*.journal"));
    }

    [Fact]
    public async Task AFullJournalSaysSoAndTakesWritesAgainWhenTheServerHasCaughtUp()
    {
        await using Journal journal = Open(limit: 4096);
        List<(int X, long Sequence)> kept = [];
        DataStoreException? full = null;
        for (int x = 0; full is null; x++)
        {
            try
            {
                kept.Add((x, await Append(journal, x, x)));
            }
            catch (DataStoreException fault)
            {
                full = fault;
            }
        }

        Assert.Equal(DataStoreErrorKind.NoSpace, full.Kind);
        Assert.Contains("--journal-size", full.Message, StringComparison.Ordinal);
        Assert.InRange(journal.UsedBytes, 2048, 4096);
        Assert.All(kept, k => Assert.Equal(k.X, Value(journal, k.Sequence)));
        foreach ((int x, long sequence) in kept.Take(kept.Count - 1))
        {
            await journal.CompleteAsync(TestVolume.At(x), sequence);
        }

        await Append(journal, 100, 100);
        Assert.Equal(2, journal.Count);
    }

    [Fact]
    public async Task OneStuckWriteDoesNotKeepFinishedOnesOnDisk()
    {
        await using Journal journal = Open(limit: 16 << 10);
        long stuck = await Append(journal, 0, 42);
        for (int i = 0; i < 500; i++)
        {
            await journal.CompleteAsync(TestVolume.At(1), await Append(journal, 1, i & 0xFF));
        }

        Assert.Equal(42, Value(journal, stuck));
        await journal.DisposeAsync();
        await using Journal again = Open();
        Assert.Equal(stuck, Assert.Single(again.Recovered).Sequence);
        Assert.Equal(42, Value(again, stuck));
    }

    [Fact]
    public async Task ANumberThatWasCompletedIsNeverGivenOutAgain()
    {
        // The stuck write moves behind the completions of later ones, whose own records go.
        await using (Journal journal = Open(limit: 16 << 10))
        {
            await Append(journal, 0, 42);
            for (int i = 0; i < 200; i++)
            {
                await journal.CompleteAsync(TestVolume.At(1), await Append(journal, 1, 1));
            }
        }

        long next;
        await using (Journal journal = Open(limit: 16 << 10))
        {
            next = await Append(journal, 2, 7);
        }

        await using Journal last = Open(limit: 16 << 10);
        Assert.Contains(last.Recovered, e => e.Sequence == next);
        Assert.Equal(2, last.Recovered.Count);
    }

    [Fact]
    public async Task ReadingGoesOnWhileRecordsMove()
    {
        await using Journal journal = Open(limit: 16 << 10);
        long stuck = await Append(journal, 0, 42);
        Task churn = Task.Run(async () =>
        {
            for (int i = 0; i < 400; i++)
            {
                await journal.CompleteAsync(TestVolume.At(1), await Append(journal, 1, 1));
            }
        });
        while (!churn.IsCompleted)
        {
            Assert.Equal(42, Value(journal, stuck));
        }

        await churn;
    }

    [Fact]
    public async Task TwoProcessesCannotShareAFolder()
    {
        await using Journal journal = Open();
        DataStoreException refused = Assert.Throws<DataStoreException>(() => Open());
        Assert.Equal(DataStoreErrorKind.Usage, refused.Kind);
        Assert.Contains($"process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherServersWritesAreNotSentToThisOne()
    {
        await using (Journal journal = Open())
        {
            await Append(journal, 1, 1);
        }

        DataStoreException refused = Assert.Throws<DataStoreException>(
            () => Journal.Open(_folder.Path, "http://other.example", Large, _pool, NullLogger.Instance));
        Assert.Equal(DataStoreErrorKind.Usage, refused.Kind);
        Assert.Contains(Server, refused.Message, StringComparison.Ordinal);
        await using Journal still = Open();
        Assert.Single(still.Recovered);
    }

    [Fact]
    public async Task TheFolderIsPrivate()
    {
        string path = Path.Combine(_folder.Path, "new");
        await using Journal journal = Journal.Open(path, Server, Large, _pool, NullLogger.Instance);
        await Append(journal, 1, 1);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.All(Directory.GetFiles(path, "*.journal"), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public async Task ADamagedRecordIsNeverReadAsABlock()
    {
        await using Journal journal = Open();
        long sequence = await Append(journal, 1, 1);
        string path = Assert.Single(Directory.GetFiles(_folder.Path, "*.journal"));
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[^5] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        DataStoreException fault = Assert.Throws<DataStoreException>(() => journal.Read(sequence));
        Assert.Equal(DataStoreErrorKind.Local, fault.Kind);
    }

    [Fact]
    public async Task ManyAppendsAtOnceAreAllDurable()
    {
        await using (Journal journal = Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 500).Select(x => Append(journal, x, x & 0xFF)));
        }

        await using Journal again = Open();
        Assert.Equal(500, again.Recovered.Count);
        Assert.All(again.Recovered, e => Assert.Equal(e.Address.X & 0xFF, Value(again, e.Sequence)));
    }

    [Fact]
    public async Task AppendingToAClosedJournalIsAnErrorAndLeaksNothing()
    {
        Journal journal = Open();
        await journal.DisposeAsync();
        await Assert.ThrowsAsync<DataStoreException>(() => Append(journal, 1, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomAppendsCompletionsAndRestartsMatchAModel(int seed)
    {
        Random random = new(seed);
        Dictionary<int, List<(long Sequence, int Value)>> model = [];
        Journal journal = Open(limit: 64 << 10);
        try
        {
            for (int step = 0; step < 1500; step++)
            {
                int x = random.Next(12);
                List<(long Sequence, int Value)> versions = model.TryGetValue(x, out List<(long Sequence, int Value)>? known) ? known : model[x] = [];
                switch (random.Next(20))
                {
                    case < 9:
                        versions.Add((await Append(journal, x, step & 0xFF), step & 0xFF));
                        break;
                    case < 18 when versions.Count > 0:
                        long upTo = versions[random.Next(versions.Count)].Sequence;
                        Task completed = journal.CompleteAsync(TestVolume.At(x), upTo);
                        versions.RemoveAll(v => v.Sequence <= upTo);
                        await completed;
                        break;
                    case 18:
                        await journal.DisposeAsync();
                        journal = Open(limit: 64 << 10);
                        IEnumerable<(int, long, int)> expected = model.Where(m => m.Value.Count > 0).Select(
                            m => (m.Key, m.Value[^1].Sequence, m.Value[^1].Value));
                        Assert.Equal(
                            expected.OrderBy(e => e.Item2), journal.Recovered.Select(e => (e.Address.X, e.Sequence, Value(journal, e.Sequence))));
                        break;
                }

                Assert.All(versions, v => Assert.Equal(v.Value, Value(journal, v.Sequence)));
            }
        }
        finally
        {
            await journal.DisposeAsync();
        }
    }

    private Journal Open(long limit = Large) => Journal.Open(_folder.Path, Server, limit, _pool, NullLogger.Instance);

    private async Task<long> Append(Journal journal, int x, int value)
    {
        BlockBuffer block = TestVolume.Block(_pool, value);
        try
        {
            long sequence = journal.NextSequence();
            await journal.AppendAsync(TestVolume.At(x), sequence, block, CancellationToken.None);
            return sequence;
        }
        finally
        {
            block.Release();
        }
    }

    private static int Value(Journal journal, long sequence)
    {
        BlockBuffer block = journal.Read(sequence)!;
        try
        {
            return TestVolume.ValueOf(block);
        }
        finally
        {
            block.Release();
        }
    }
}
