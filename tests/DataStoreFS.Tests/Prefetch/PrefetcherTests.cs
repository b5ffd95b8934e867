using System.Collections.Concurrent;
using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Prefetch;
using DataStoreFS.Traces;

namespace DataStoreFS.Tests.Prefetch;

public sealed class PrefetcherTests
{
    private static readonly BlockKey[] s_walk = [.. Workloads.All(0, 1, 2)];

    [Fact]
    public void WhatAWalkWillReadReachesTheStore()
    {
        Store store = new();
        using Prefetcher prefetcher = New(store, new PrefetchSettings(null, 512L << 20));
        foreach (BlockKey key in s_walk.Take(20))
        {
            prefetcher.Observe(key, 7, hit: false);
        }

        Assert.Contains(s_walk[21], store.Begun);
        Assert.True(prefetcher.Statistics.Used >= 15);
    }

    [Fact]
    public void OffAsksForNothing()
    {
        Store store = new();
        using Prefetcher prefetcher = New(store, PrefetchSettings.Parse("off", 1 << 30));
        foreach (BlockKey key in s_walk)
        {
            prefetcher.Observe(key, 7, hit: false);
        }

        Assert.Empty(store.Begun);
    }

    [Fact]
    public void ANumberIsTheMostThatIsOpen()
    {
        Store store = new();
        using Prefetcher prefetcher = New(store, PrefetchSettings.Parse("5", 1 << 30));
        foreach (BlockKey key in s_walk.Take(100))
        {
            prefetcher.Observe(key, 7, hit: false);
            PrefetchStatistics statistics = prefetcher.Statistics;
            Assert.InRange(statistics.Issued - statistics.Used - statistics.Wasted, 0, 5);
        }

        Assert.True(store.Begun.Count > 20);
    }

    [Fact]
    public void AFullStoreIsNotPressed()
    {
        Store store = new() { Reply = PrefetchReply.Full };
        using Prefetcher prefetcher = New(store, new PrefetchSettings(null, 512L << 20));
        foreach (BlockKey key in s_walk.Take(50))
        {
            prefetcher.Observe(key, 7, hit: false);
        }

        Assert.NotEmpty(store.Begun);
        Assert.Equal(0, prefetcher.Statistics.Issued);
    }

    [Fact]
    public void WithoutRoomNothingIsAsked()
    {
        Store store = new() { PrefetchRoom = 0 };
        using Prefetcher prefetcher = New(store, new PrefetchSettings(null, 512L << 20));
        foreach (BlockKey key in s_walk.Take(50))
        {
            prefetcher.Observe(key, 7, hit: false);
        }

        Assert.Empty(store.Begun);
    }

    [Fact]
    public void BlocksThatAreHereDoNotCountAsGuesses()
    {
        Store store = new() { Reply = PrefetchReply.Known };
        using Prefetcher prefetcher = New(store, new PrefetchSettings(null, 512L << 20));
        foreach (BlockKey key in s_walk.Take(50))
        {
            prefetcher.Observe(key, 7, hit: true);
        }

        Assert.NotEmpty(store.Begun);
        Assert.Equal(0, prefetcher.Statistics.Issued);
    }

    [Fact]
    public async Task ManyThreadsObserveWithoutLosingAccesses()
    {
        const int EachThread = 500; // together fewer than may wait while the thread that thinks is not running
        Store store = new();
        using Prefetcher prefetcher = New(store, new PrefetchSettings(null, 512L << 20));
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), (thread, _) =>
        {
            foreach (BlockKey key in s_walk.Take(EachThread))
            {
                prefetcher.Observe(key, (uint)thread, hit: true);
            }

            return ValueTask.CompletedTask;
        });

        prefetcher.Observe(s_walk[0], 0, hit: true); // takes along what the last ones left
        Assert.Equal((8 * EachThread) + 1, prefetcher.Statistics.Observed);
    }

    [Fact]
    public void ObservingAllocatesNothingInTheSteadyState()
    {
        Store store = new() { Reply = PrefetchReply.Known, Remembers = false };
        using Prefetcher prefetcher = New(store, new PrefetchSettings(null, 512L << 20));
        ObserveAll(prefetcher);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ObserveAll(prefetcher);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        // A tick of the timer and the queue's segments may allocate now and then; an access does not.
        Assert.InRange(bytes / (double)s_walk.Length, 0, 4);
    }

    [Fact]
    public void ThreadsOfOneProcessAreOneProgram()
    {
        Store store = new();
        using Prefetcher prefetcher = new(new PrefetchSettings(null, 512L << 20), 512 << 10, store, TimeProvider.System, thread => thread / 100);
        prefetcher.AddVolume(Workloads.Medium);
        for (int i = 0; i < 40; i++)
        {
            prefetcher.Observe(s_walk[i], (uint)(100 + (i % 8)), hit: false);
        }

        Assert.Contains(s_walk[42], store.Begun);
    }

    [Fact]
    public void TheProcessOfAThreadIsKnown()
    {
        Assert.Equal((uint)Environment.ProcessId, ThreadTable.ProcessOf((uint)Environment.ProcessId));
        Assert.Equal(uint.MaxValue, ThreadTable.ProcessOf(uint.MaxValue));
        Assert.Equal(0u, ThreadTable.ProcessOf(0));
        uint thread = uint.Parse(
            Path.GetFileName(Directory.GetDirectories("/proc/self/task").Last()), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((uint)Environment.ProcessId, ThreadTable.ProcessOf(thread));
    }

    [Theory]
    [InlineData("auto", null)]
    [InlineData("off", 0)]
    [InlineData("64", 64)]
    public void TheOptionIsUnderstood(string text, int? blocks) => Assert.Equal(blocks, PrefetchSettings.Parse(text, 1 << 30).Blocks);

    [Theory]
    [InlineData("")]
    [InlineData("on")]
    [InlineData("-1")]
    [InlineData("99999999999")]
    public void AnythingElseIsRefusedWithWhatIsExpected(string text)
    {
        DataStoreException refusal = Assert.Throws<DataStoreException>(() => PrefetchSettings.Parse(text, 1 << 30));
        Assert.Contains("expected off, auto, or a number", refusal.Message, StringComparison.Ordinal);
    }

    private static void ObserveAll(Prefetcher prefetcher)
    {
        foreach (BlockKey key in s_walk)
        {
            prefetcher.Observe(key, 7, hit: true);
        }
    }

    private static Prefetcher New(Store store, PrefetchSettings settings)
    {
        Prefetcher prefetcher = new(settings, Prefetcher.LargestBlock(Workloads.Medium), store, TimeProvider.System, thread => 1);
        prefetcher.AddVolume(Workloads.Medium);
        return prefetcher;
    }

    private sealed class Store : IBlockPrefetch
    {
        public ConcurrentQueue<BlockKey> Begun { get; } = new();

        public PrefetchReply Reply { get; init; }

        public bool Remembers { get; init; } = true;

        public int PrefetchRoom { get; init; } = 1000;

        public TimeSpan DistanceOf(in BlockKey key) => TimeSpan.Zero;

        public PrefetchReply Prefetch(in BlockKey key, bool more = false)
        {
            if (Remembers)
            {
                Begun.Enqueue(key);
            }

            return Reply;
        }
    }
}
