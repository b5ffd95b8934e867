using DataStoreFS.Blocks;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Blocks;

/// <summary>Blocks that no program has asked for: they wait for those that one has, and are counted.</summary>
public sealed class SpeculationTests : StoreTest
{
    private static readonly BlockStoreOptions s_oneAtATime = new() { CacheBytes = 1 << 20, MaxConcurrency = 1 };

    [Fact]
    public async Task SpeculationWaitsForDemandAndAPromotedBlockGoesAhead()
    {
        BlockStore store = Store(s_oneAtATime);
        List<Task<byte?>> readers = [ReadAsync(store, At(0))];
        ScriptedCall call = await Client.NextAsync();
        for (int x = 10; x < 14; x++)
        {
            Assert.Equal(PrefetchReply.Begun, store.Prefetch(At(x)));
        }

        readers.Add(ReadAsync(store, At(1)));
        readers.Add(ReadAsync(store, At(12)));
        call.Answer();

        call = await Client.NextAsync();
        Assert.Equal([1, 12], call.Xs);
        call.Answer();
        call = await Client.NextAsync();
        Assert.Equal([10, 11, 13], call.Xs);
        call.Answer();
        await Task.WhenAll(readers);
        Assert.Equal(6, Client.Asked);
    }

    [Fact]
    public async Task ADemandGoesAtOnceThoughSpeculationFillsTheLimit()
    {
        BlockStore store = Store(s_oneAtATime);
        store.Prefetch(At(10));
        ScriptedCall speculative = await Client.NextAsync();

        Task<byte?> read = ReadAsync(store, At(1));
        (await Client.NextAsync()).Answer();

        Assert.Equal((byte)2, await read);
        speculative.Answer();
    }

    [Fact]
    public async Task JoiningASpeculativeFetchUnderWayCostsNoRequest()
    {
        BlockStore store = Store();
        store.Prefetch(At(10));
        ScriptedCall speculative = await Client.NextAsync();
        Task<byte?> read = ReadAsync(store, At(10));
        speculative.Answer();

        Assert.Equal((byte)11, await read);
        Assert.Equal(1, Client.Asked);
        Assert.Equal(1, store.Statistics.Memory.SpeculationHits);
    }

    [Fact]
    public async Task TooMuchSpeculationIsRefused()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 1 << 20, MaxConcurrency = 1, SpeculationQueue = 3 });

        foreach (int x in (int[])[1, 2, 3])
        {
            Assert.Equal(PrefetchReply.Begun, store.Prefetch(At(x)));
        }

        Assert.Equal(PrefetchReply.Full, store.Prefetch(At(4)));

        (await Client.NextAsync()).Answer();
        (await Client.NextAsync()).Answer();
    }

    [Fact]
    public async Task SpeculationIsCountedAsUsedOrWasted()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 4 * BlockBytes, MaxConcurrency = 1 });
        Client.AnswerAtOnce = true;
        store.Prefetch(At(1));
        store.Prefetch(At(2));
        await ReadAsync(store, At(1));
        for (int x = 10; x < 20; x++)
        {
            await ReadAsync(store, At(x));
        }

        Assert.Equal((1, 1), (store.Statistics.Memory.SpeculationHits, store.Statistics.Memory.SpeculationWaste));
    }
}
