using DataStoreFS.Blocks;
using DataStoreFS.N5;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Blocks;

/// <summary>How what waits for a server is dealt out to requests.</summary>
public sealed class ServerQueueTests : IDisposable
{
    private readonly NativeBlockPool _pool = new();
    private readonly Volume _volume;
    private readonly ServerQueue _queue = new();

    public ServerQueueTests() => _volume = new Volume(StoreTest.Volume("1"), new ScriptedClient(_pool), new BlockStoreOptions(), TimeProvider.System);

    public void Dispose() => _pool.Dispose();

    /// <summary>Three requests of four blocks each, with so many requests to come that share what waits, the one that is made included.</summary>
    [Theory]
    [InlineData(new[] { 3, 2, 1 }, 1, "0 3 6 9", "1 4 7 10", "2 5 8 11")]
    [InlineData(new[] { 3, 2, 1 }, 2, "0 1 6 7", "2 3 8 9", "4 5 10 11")]
    [InlineData(new[] { 2, 1, 1 }, 1, "0 2 4 6", "1 3 5 7", "8 9 10 11")]
    [InlineData(new[] { 1, 1, 1 }, 1, "0 1 2 3", "4 5 6 7", "8 9 10 11")]
    public void RequestsThatShareWhatWaitsBringItForwardTogether(int[] stripes, int run, params string[] expected)
    {
        Add(12);

        Assert.Equal(expected, stripes.Select(sharing => Take(4, sharing, run)));
        Assert.Equal(0, _queue.Speculated);
    }

    [Fact]
    public void WhatFitsOneRequestIsNotDealtOut()
    {
        Add(4);

        Assert.Equal("0 1 2 3", Take(8, stripes: 5, run: 1));
    }

    [Fact]
    public void ABlockThatSharesNoRequestEndsTheOneBeforeItAndGoesByItself()
    {
        Add(6, alone: 2);

        Assert.Equal("0", Take(4, stripes: 2, run: 1));
        Assert.Equal("1", Take(4, stripes: 1, run: 1));
        Assert.Equal("2", Take(4, stripes: 1, run: 1));
        Assert.Equal("3 4 5", Take(4, stripes: 1, run: 1));
    }

    private void Add(int count, int alone = -1)
    {
        for (int x = 0; x < count; x++)
        {
            _queue.Add(new BlockFetch(StoreTest.At(x), _volume, 0) { Alone = x == alone }, QueueLane.Speculation);
        }
    }

    private string Take(int count, int stripes, int run) =>
        string.Join(' ', _queue.Take(StoreTest.At(0).Image, QueueLane.Speculation, count, stripes, run).Select(fetch => fetch.Key.X));
}
