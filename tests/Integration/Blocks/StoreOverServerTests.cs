using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using Integration.Mounts;
using Integration.Server;

namespace Integration.Blocks;

/// <summary>Client and block store against the embedded server: what was written over the protocol is what crowds of readers get.</summary>
public sealed class StoreOverServerTests : IAsyncLifetime
{
    private static readonly Size3 s_full = new(1, 1, 1);
    private readonly NativeBlockPool _pool = new();
    private ServerFixture _fixture = null!;
    private DataStoreClient _client = null!;
    private string _uuid = "";

    public async Task InitializeAsync()
    {
        _fixture = await ServerFixture.StartAsync();
        _uuid = await _fixture.Client.CreateAsync("""
            {"voxelType":"uint16","dimensions":[150,130,90],"timepoints":2,"channels":1,"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"raw",
             "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[16,16,16]}]}
            """);
        _client = new DataStoreClient(_fixture.Server.Url.ToString(), _pool);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _fixture.DisposeAsync();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Fact]
    public async Task WhatWasWrittenIsReadByACrowdInFewRequests()
    {
        int version = await _client.StartWritingAsync(_uuid, s_full, "new", default);
        Assert.Equal((1, 1), (version, await _client.ResolveLatestAsync(_uuid, s_full, default)));
        LevelInfo level = new(0, s_full, new Size3(150, 130, 90), new Size3(16, 16, 16));
        BlockKey[] all = [.. Keys(level)];
        await WriteAsync(level, all.Where(k => !IsMissing(k)));
        await using BlockStore store = new(new BlockStoreOptions { CacheBytes = 64 << 20 });
        store.AddVolume(Volume(level, "1"), _client);

        new Random(3).Shuffle(all);
        await Task.WhenAll(all.Select(key => Task.Run(() => CheckAsync(store, level, key))));

        Assert.InRange(store.Statistics.Requests, 1, all.Length / 2);
        Assert.Equal(all.Length, store.Statistics.Blocks);
        long requests = store.Statistics.Requests;
        await Task.WhenAll(all.Select(key => Task.Run(() => CheckAsync(store, level, key))));
        Assert.Equal(requests, store.Statistics.Requests);
    }

    [Fact]
    public async Task VersionsHaveTheirOwnBlocksAndMixedLatestHasAll()
    {
        LevelInfo level = new(0, s_full, new Size3(150, 130, 90), new Size3(16, 16, 16));
        await _client.StartWritingAsync(_uuid, s_full, "new", default);
        await WriteAsync(level, [new BlockKey(0, 0, 0, 0, 1, 2, 3)]);

        Assert.Null(await ReadAsync("0", level));
        Assert.NotNull(await ReadAsync("1", level));
        Assert.NotNull(await ReadAsync("mixedLatest", level));
    }

    [Fact]
    public async Task AnUnknownTimepointIsAFaultAndTheStoreGoesOn()
    {
        LevelInfo level = new(0, s_full, new Size3(150, 130, 90), new Size3(16, 16, 16));
        await using BlockStore store = new(new BlockStoreOptions { CacheBytes = 64 << 20 });
        store.AddVolume(Volume(level, "0", timepoints: [0, 99]), _client);

        await Assert.ThrowsAsync<DataStoreException>(() => store.GetAsync(new BlockKey(0, 0, 1, 0, 0, 0, 0), default).AsTask());

        Assert.Null(await store.GetAsync(new BlockKey(0, 0, 0, 0, 0, 0, 0), default));
    }

    [Fact]
    public async Task WithoutFullResolutionMissingBlocksAreMissingAllTheSame()
    {
        _uuid = await _fixture.Client.CreateAsync("""
            {"voxelType":"uint16","dimensions":[300,260,90],"timepoints":2,"channels":1,"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"raw",
             "resolutionLevels":[{"resolutions":[2,2,1],"blockDimensions":[64,64,32]}]}
            """);
        RecordingLog log = new();
        OpenedVolume opened = await new VolumeOpener(_client, log).OpenAsync(
            new SourceAddress(_client.Server, _uuid, "0"), 0, writable: false, default);
        LevelInfo level = Assert.Single(opened.Info.Setups[0].Levels);
        BlockKey[] all = [.. Keys(level)];
        await WriteAsync(level, all.Where(k => !IsMissing(k)), "0");
        await using BlockStore store = new(new BlockStoreOptions { CacheBytes = 64 << 20 });
        store.AddVolume(opened.Info, _client);

        await Task.WhenAll(all.Select(key => Task.Run(() => CheckAsync(store, level, key))));

        Assert.Contains(log.Lines, line => line.Text.Contains("has no level of full resolution", StringComparison.Ordinal));
    }

    private static IEnumerable<BlockKey> Keys(LevelInfo level) =>
        from z in Enumerable.Range(0, (int)level.Grid.Z)
        from y in Enumerable.Range(0, (int)level.Grid.Y)
        from x in Enumerable.Range(0, (int)level.Grid.X)
        select new BlockKey(0, 0, (x + y) & 1, 0, x, y, z);

    private static bool IsMissing(BlockKey key) => (key.X + (3 * key.Y) + (5 * key.Z)) % 7 == 0;

    private static byte Content(BlockKey key) => (byte)(1 + key.X + (11 * key.Y) + (17 * key.Z) + (31 * key.Timepoint));

    private async Task<byte?> ReadAsync(string version, LevelInfo level)
    {
        await using BlockStore store = new(new BlockStoreOptions { CacheBytes = 64 << 20 });
        store.AddVolume(Volume(level, version), _client);
        BlockBuffer? block = await store.GetAsync(new BlockKey(0, 0, 0, 0, 1, 2, 3), default);
        byte? content = block?.Payload[0];
        block?.Release();
        return content;
    }

    private static async Task CheckAsync(BlockStore store, LevelInfo level, BlockKey key)
    {
        BlockBuffer? block = await store.GetAsync(key, default);
        Assert.Equal(IsMissing(key), block is null);
        if (block is not null)
        {
            Assert.Equal(level.SizeAt(key.X, key.Y, key.Z), block.Size);
            Assert.False(block.Payload.ContainsAnyExcept(Content(key)));
            block.Release();
        }
    }

    private async Task WriteAsync(LevelInfo level, IEnumerable<BlockKey> keys, string version = "1")
    {
        foreach (IGrouping<int, BlockKey> image in keys.GroupBy(k => k.Timepoint))
        {
            foreach (BlockKey[] batch in image.Chunk(40))
            {
                List<BlockWrite> writes = [.. batch.Select(k => new BlockWrite(k.X, k.Y, k.Z, Make(level, k)))];
                await _client.WriteBlocksAsync(new ImageAddress(_uuid, level.Factors, version, image.Key, 0, 0), writes, default);
                writes.ForEach(w => w.Block.Release());
            }
        }
    }

    private BlockBuffer Make(LevelInfo level, BlockKey key)
    {
        Size3 size = level.SizeAt(key.X, key.Y, key.Z);
        BlockBuffer block = _pool.Rent(BlockBuffer.HeaderBytes + (int)(size.Count * 2));
        N5Header.Write(block.GetSpan(), size);
        block.WritablePayload.Fill(Content(key));
        return block;
    }

    private VolumeInfo Volume(LevelInfo level, string version, int[]? timepoints = null) => new()
    {
        Volume = 0,
        Uuid = _uuid,
        RequestedVersion = version,
        ResolvedVersion = version,
        VoxelType = VoxelType.UInt16,
        Dimensions = level.Dimensions,
        VoxelSize = [1, 1, 1],
        Versions = [0, 1],
        NewestVersion = 1,
        TimepointIds = timepoints ?? [0, 1],
        Setups = [new SetupInfo { Index = 0, Id = 0, Name = "s", ChannelId = 0, AngleId = 0, Version = version, Levels = [level] }],
    };
}
