using DataStoreFS.Blocks;
using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Blocks;

public sealed class FreshnessTests : StoreTest
{
    private static readonly BlockStoreOptions s_always = new() { CacheBytes = 1 << 20, MaxAge = TimeSpan.Zero };

    [Fact]
    public async Task TheNewestVersionIsAskedAgainAfterItsTimeAndAChangeIsTold()
    {
        BlockStore store = Store();
        List<BlockKey> changed = [];
        store.BlockChanged = changed.Add;
        Client.AnswerAtOnce = true;
        await ReadAsync(store, At(1));
        Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(BlockPresence.Present, Look(store, At(1)));
        Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(BlockPresence.Unknown, Look(store, At(1)));

        await ReadAsync(store, At(1));
        Assert.Empty(changed);
        Time.Advance(TimeSpan.FromMinutes(11));
        Client.Content = (_, _) => 77;
        Assert.Equal((byte)77, await ReadAsync(store, At(1)));

        Assert.Equal([At(1)], changed);
        Assert.Equal(3, Client.Asked);
    }

    [Fact]
    public async Task AnOlderNumberedVersionNeverAges()
    {
        BlockStore store = Store(s_always, version: "0");
        Client.AnswerAtOnce = true;
        Client.Content = (_, block) => block.X == 1 ? 1 : null;
        await ReadAsync(store, At(1));
        await ReadAsync(store, At(2));
        Time.Advance(TimeSpan.FromDays(400));

        Assert.Equal(BlockPresence.Present, Look(store, At(1)));
        Assert.Equal(BlockPresence.Missing, Look(store, At(2)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(null)]
    public async Task AHigherNumberThatIsNotKnownToBeAVersionDoesNotKeepTheNewestFromAging(int? newest)
    {
        BlockStore store = Store(version: "0", newest: newest);
        Client.AnswerAtOnce = true;
        Client.Content = (_, block) => block.X == 1 ? 1 : null;
        await ReadAsync(store, At(1));
        await ReadAsync(store, At(2));
        Time.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(BlockPresence.Unknown, Look(store, At(1)));
        Assert.Equal(BlockPresence.Unknown, Look(store, At(2)));
    }

    [Fact]
    public async Task AnEndlessAgeOfBlocksDoesNotMakeMissingOnesMissingForEver()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 1 << 20, MaxAge = TimeSpan.MaxValue });
        Client.AnswerAtOnce = true;
        Client.Content = (_, block) => block.X == 1 ? 1 : null;
        await ReadAsync(store, At(1));
        await ReadAsync(store, At(2));
        Time.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal(BlockPresence.Present, Look(store, At(1)));
        Assert.Equal(BlockPresence.Unknown, Look(store, At(2)));
    }

    [Fact]
    public async Task AgeZeroAsksAlways()
    {
        BlockStore store = Store(s_always, version: "mixedLatest");
        Client.AnswerAtOnce = true;
        for (int i = 0; i < 3; i++)
        {
            await ReadAsync(store, At(1));
        }

        Assert.Equal(3, Client.Asked);
    }

    [Fact]
    public async Task AnOwnWriteThatCameToNothingIsAChangeAndTheServerIsAsked()
    {
        BlockStore store = Store();
        List<BlockKey> changed = [];
        store.BlockChanged = changed.Add;
        Client.AnswerAtOnce = true;
        await ReadAsync(store, At(1));
        store.Dropped(At(1));

        Assert.Equal([At(1)], changed);
        Assert.Equal(BlockPresence.Unknown, Look(store, At(1)));
    }

    [Fact]
    public async Task AnAppearingBlockIsAChange()
    {
        BlockStore store = Store();
        List<BlockKey> changed = [];
        store.BlockChanged = changed.Add;
        Client.AnswerAtOnce = true;
        Client.Content = (_, _) => null;
        await ReadAsync(store, At(1));
        Time.Advance(TimeSpan.FromMinutes(1));
        await ReadAsync(store, At(1));
        Assert.Empty(changed);

        Time.Advance(TimeSpan.FromMinutes(1));
        Client.Content = (_, _) => 5;
        await ReadAsync(store, At(1));

        Assert.Equal([At(1)], changed);
    }

    [Fact]
    public async Task AnOldBlockIsBetterThanNoneWhileTheServerIsGone()
    {
        BlockStore store = Store();
        Task<byte?> read = ReadAsync(store, At(1));
        (await Client.NextAsync()).Answer();
        await read;
        Time.Advance(TimeSpan.FromMinutes(11));

        read = ReadAsync(store, At(1));
        (await Client.NextAsync()).Fail(DataStoreErrorKind.Unreachable);
        Assert.Equal((byte)2, await read);
        Assert.Equal((byte)2, await ReadAsync(store, At(1)));
        Assert.Equal(2, Client.Calls.Count);

        Time.Advance(TimeSpan.FromMinutes(1));
        read = ReadAsync(store, At(1));
        (await Client.NextAsync()).Fail(DataStoreErrorKind.NotFound);
        await Assert.ThrowsAsync<DataStoreException>(() => read);
    }

    [Fact]
    public async Task AServerThatRefusesIsNotGoneAlsoWhenTheNextReadComesAtOnce()
    {
        BlockStore store = Store();
        Task<byte?> read = ReadAsync(store, At(1));
        (await Client.NextAsync()).Answer();
        await read;
        Time.Advance(TimeSpan.FromMinutes(11));

        for (int i = 0; i < 3; i++)
        {
            read = ReadAsync(store, At(1));
            Time.Advance(TimeSpan.FromSeconds(2)); // the longest wait of a block that failed before
            (await Client.NextAsync()).Fail(DataStoreErrorKind.Unauthorized, isAnswer: true);
            await Assert.ThrowsAsync<DataStoreException>(() => read);
        }
    }

    [Fact]
    public async Task WhatIsLeftOfTheAgeOfAMissingBlockIsTold()
    {
        BlockStore store = Store(new BlockStoreOptions { CacheBytes = 1 << 20, MissingMaxAge = TimeSpan.FromSeconds(10) });
        Client.AnswerAtOnce = true;
        Client.Content = (_, _) => null;
        Assert.Equal(TimeSpan.Zero, store.MissingFor(At(1)));
        await ReadAsync(store, At(1));
        Assert.Equal(TimeSpan.FromSeconds(10), store.MissingFor(At(1)));
        Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.FromSeconds(6), store.MissingFor(At(1)));
        Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.Zero, store.MissingFor(At(1)));
        Assert.Equal(TimeSpan.MaxValue, store.MissingFor(At(1, setup: 1)));

        BlockStore old = Store(version: "0");
        await ReadAsync(old, At(1));
        Assert.Equal(TimeSpan.MaxValue, old.MissingFor(At(1)));
    }

    [Fact]
    public async Task RefreshForgetsEverythingAndWhatIsOnItsWay()
    {
        BlockStore store = Store(version: "0");
        Task<byte?> read = ReadAsync(store, At(1));
        ScriptedCall call = await Client.NextAsync();

        store.Refresh();
        Client.Content = (_, _) => 50;
        Task<byte?> after = ReadAsync(store, At(1));
        call.Answer();
        ScriptedCall second = await Client.NextAsync();
        Client.Content = (_, _) => 60;
        second.Answer();

        Assert.Equal((byte)50, await read);
        Assert.Equal((byte)60, await after);
        Assert.Equal((byte)60, await ReadAsync(store, At(1)));
    }

    [Fact]
    public async Task AWriteOvertakesAFetchThatIsUnderWay()
    {
        BlockStore store = Store();
        Task<byte?> read = ReadAsync(store, At(1));
        ScriptedCall call = await Client.NextAsync();
        BlockBuffer written = Block(99);

        store.Written(At(1), written);
        written.Release();
        Assert.Equal((byte)99, await ReadAsync(store, At(1)));
        call.Answer();
        await read;

        Assert.Equal((byte)99, await ReadAsync(store, At(1)));
        Assert.Equal(1, Client.Asked);
    }

    [Fact]
    public async Task AWriteIsSeenWhereNothingWas()
    {
        BlockStore store = Store();
        Client.AnswerAtOnce = true;
        Client.Content = (_, _) => null;
        await ReadAsync(store, At(1));
        BlockBuffer written = Block(99);
        store.Written(At(1), written);
        written.Release();

        Assert.Equal((byte)99, await ReadAsync(store, At(1)));

        store.Invalidate(At(1));
        Assert.Null(await ReadAsync(store, At(1)));
    }

    [Fact]
    public async Task TheSlowerTierIsAskedOnceAndGetsWhatTheServerSends()
    {
        RecordingTier tier = new();
        BlockStore store = Store(tier: tier);
        Client.AnswerAtOnce = true;

        await Task.WhenAll(ReadAsync(store, At(1)), ReadAsync(store, At(1)));
        Assert.Equal((1, 1), (tier.Reads, tier.Kept.Count));

        BlockBuffer held = Block(33);
        tier.Answer = new TierAnswer(true, held, Time.GetUtcNow());
        Assert.Equal((byte)33, await ReadAsync(store, At(2)));
        Assert.Equal(1, Client.Asked);
        Assert.Equal(BlockPresence.Present, Look(store, At(2)));
    }

    /// <summary>Readers' caches count from there on: not the maximum age once more.</summary>
    [Fact]
    public async Task WhatTheSlowerTierHasIsKnownSinceTheServerWasAsked()
    {
        RecordingTier tier = new();
        BlockStore store = Store(tier: tier);
        tier.Answer = new TierAnswer(true, Block(33), Time.GetUtcNow() - TimeSpan.FromMinutes(3));
        BlockBuffer? block = await store.GetAsync(At(1), CancellationToken.None);
        Assert.InRange(Environment.TickCount64 - block!.FetchedAt, 180_000, 181_000 + 60_000);
        block.Release();
    }

    [Fact]
    public async Task AnOwnWriteReplacesWhatTheSlowerTierDatedWithAClockThatWasAhead()
    {
        RecordingTier tier = new();
        BlockStore store = Store(tier: tier);
        tier.Answer = new TierAnswer(true, Block(33), Time.GetUtcNow() + TimeSpan.FromSeconds(30));
        Assert.Equal((byte)33, await ReadAsync(store, At(1)));
        BlockBuffer written = Block(99);
        store.Written(At(1), written);
        written.Release();
        Assert.Equal((byte)99, await ReadAsync(store, At(1)));
    }

    [Fact]
    public async Task WhatTheSlowerTierHasMustBeFresh()
    {
        RecordingTier tier = new();
        BlockStore store = Store(tier: tier);
        Client.AnswerAtOnce = true;
        tier.Answer = new TierAnswer(true, Block(33), Time.GetUtcNow() - TimeSpan.FromMinutes(11));

        Assert.Equal((byte)2, await ReadAsync(store, At(1)));

        Assert.Single(tier.Kept);
        store.Refresh();
        Assert.Empty(tier.Kept);
    }

    private sealed class RecordingTier : IBlockTier
    {
        public Func<BlockKey, BlockBuffer?>? Memory { private get; set; }

        public TierAnswer Answer { get; set; }

        public int Reads { get; private set; }

        public List<BlockKey> Kept { get; } = [];

        public ValueTask<TierAnswer> ReadAsync(BlockKey key, bool urgent, CancellationToken cancellationToken)
        {
            Reads++;
            TierAnswer answer = Answer;
            Answer = default;
            return ValueTask.FromResult(answer);
        }

        public void Keep(in BlockKey key, BlockBuffer? block, DateTimeOffset fetched) => Kept.Add(key);

        public void Drop(in BlockKey key) => Kept.Remove(key);

        public void DropVolume(int volume) => Kept.RemoveAll(k => k.Volume == volume);

        public void DropDataset(string uuid)
        {
        }
    }
}
