using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Server;
using DataStoreFS.WriteBack;
using Integration.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.WriteBack;

/// <summary>The write side, the real client and the embedded server together, with a server that fails in every way it knows.</summary>
public sealed class WriteBackOverServerTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly Size3 s_full = new(1, 1, 1);

    private readonly Faults _faults = new();
    private readonly TemporaryFolder _journal = new();
    private readonly NativeBlockPool _pool = new();
    private readonly LevelInfo _level = new(0, s_full, new Size3(100, 60, 40), new Size3(16, 16, 16));
    private ServerFixture _fixture = null!;
    private VolumeInfo _volume = null!;

    public async Task InitializeAsync()
    {
        _fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Faults = _faults });
        string uuid = await _fixture.Client.CreateAsync("""
            {"voxelType":"uint16","dimensions":[100,60,40],"timepoints":2,"channels":1,"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"gzip",
             "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[16,16,16]}]}
            """);
        _volume = new VolumeInfo
        {
            Volume = 0,
            Uuid = uuid,
            RequestedVersion = "0",
            ResolvedVersion = "0",
            VoxelType = VoxelType.UInt16,
            Dimensions = _level.Dimensions,
            VoxelSize = [1, 1, 1],
            Versions = [0],
            TimepointIds = [0, 1, 77],
            Setups =
            [
                new SetupInfo { Index = 0, Id = 0, Name = "s", ChannelId = 0, AngleId = 0, Version = "0", Levels = [_level] },
                new SetupInfo { Index = 1, Id = 1, Name = "no such channel", ChannelId = 5, AngleId = 0, Version = "0", Levels = [_level] },
            ],
        };
    }

    public async Task DisposeAsync()
    {
        await _fixture.DisposeAsync();
        _journal.Dispose();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Theory]
    [InlineData(WriteBackMode.Through)]
    [InlineData(WriteBackMode.Journal)]
    public async Task AcknowledgedWritesAreOnTheServerWhateverItDid(WriteBackMode mode)
    {
        ConcurrentDictionary<BlockKey, byte> acknowledged = new();
        Random random = new(11);
        Lock gate = new();
        _faults.Script = http =>
        {
            lock (gate)
            {
                return http.Request.Method != "POST" ? null : random.Next(12) switch
                {
                    0 => FaultAction.Status(500),
                    1 => FaultAction.Status(503, "busy"),
                    2 => FaultAction.Close(),
                    3 => FaultAction.LoseAnswer(),
                    _ => null,
                };
            }
        };

        // Each writer has its own blocks and writes them several times over; the engine is replaced in between, as a restart does.
        for (int round = 0; round < 2; round++)
        {
            await using DataStoreClient client = new(_fixture.Server.Url.ToString(), _pool);
            await using WriteBackEngine engine = Open(client, mode);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() => WriteManyAsync(engine, writer, round, acknowledged))));
        }

        _faults.Clear();
        await using DataStoreClient last = new(_fixture.Server.Url.ToString(), _pool);
        await using (WriteBackEngine engine = Open(last, mode))
        {
            await engine.DrainAsync(CancellationToken.None).WaitAsync(s_patience);
            Assert.Equal((0, 0), (engine.Status.PendingBlocks, engine.Status.ParkedBlocks));
        }

        Assert.True(acknowledged.Count > 50);
        foreach ((BlockKey key, byte value) in acknowledged)
        {
            Assert.Equal(value, await StoredAsync(key));
        }
    }

    [Fact]
    public async Task WhatTheServerRefusesFailsItsOwnCloserOnly()
    {
        await using DataStoreClient client = new(_fixture.Server.Url.ToString(), _pool);
        await using WriteBackEngine engine = Open(client, WriteBackMode.Through);
        BlockKey refused = new(0, 1, 0, 0, 0, 0, 0);
        Task bad = engine.WriteAsync(refused, Block(refused, 1), CancellationToken.None);
        Task[] good =
        [
            .. Enumerable.Range(0, 6).Select(x => new BlockKey(0, 0, 0, 0, x, 0, 0)).Select(
                k => engine.WriteAsync(k, Block(k, 9), CancellationToken.None)),
        ];
        await Task.WhenAll(good).WaitAsync(s_patience);
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => bad.WaitAsync(s_patience));
        Assert.Equal(DataStoreErrorKind.Refused, fault.Kind);
        Assert.Contains("Channel=5", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, engine.Status.ParkedBlocks);
    }

    [Fact]
    public async Task ABlockThatMakesTheServerFailDoesNotFailTheOthersOfItsBatch()
    {
        await using DataStoreClient client = new(_fixture.Server.Url.ToString(), _pool);
        await using WriteBackEngine engine = Open(client, WriteBackMode.Through, giveUp: TimeSpan.FromMilliseconds(300));
        BlockKey unknownTimepoint = new(0, 0, 2, 0, 0, 0, 0);
        Task bad = engine.WriteAsync(unknownTimepoint, Block(unknownTimepoint, 1), CancellationToken.None);
        BlockKey key = new(0, 0, 1, 0, 1, 1, 1);
        await engine.WriteAsync(key, Block(key, 3), CancellationToken.None).WaitAsync(s_patience);
        await Assert.ThrowsAsync<DataStoreException>(() => bad.WaitAsync(s_patience));
        Assert.Equal((byte)3, await StoredAsync(key));
    }

    private async Task WriteManyAsync(WriteBackEngine engine, int writer, int round, ConcurrentDictionary<BlockKey, byte> acknowledged)
    {
        for (int i = 0; i < 24; i++)
        {
            BlockKey key = new(0, 0, writer & 1, 0, i % 6, writer / 2, i / 6 % 2);
            byte value = (byte)((round * 100) + i + 1);
            try
            {
                await engine.WriteAsync(key, Block(key, value), CancellationToken.None).WaitAsync(s_patience);
            }
            catch (DataStoreException)
            {
                // Told: kept and tried on, so what is stored in the end is this or a later one.
            }

            acknowledged[key] = value;
        }
    }

    private WriteBackEngine Open(DataStoreClient client, WriteBackMode mode, TimeSpan? giveUp = null)
    {
        WriteBackOptions options = new()
        {
            JournalFolder = _journal.Path,
            Server = client.Server,
            Mode = mode,
            Upload = new UploadSettings { FirstPause = TimeSpan.FromMilliseconds(5), GiveUpAfter = giveUp ?? TimeSpan.FromSeconds(30) },
        };
        WriteBackEngine engine = WriteBackEngine.Open(options, client, new NobodyListens(), _pool, null, NullLogger.Instance);
        engine.Add(_volume);
        return engine;
    }

    private BlockBuffer Block(BlockKey key, byte value)
    {
        Size3 size = _level.SizeAt(key.X, key.Y, key.Z);
        BlockBuffer block = _pool.Rent(BlockBuffer.HeaderBytes + (int)(size.Count * 2));
        N5Header.Write(block.GetSpan(), size);
        block.WritablePayload.Fill(value);
        return block;
    }

    private async Task<byte> StoredAsync(BlockKey key)
    {
        byte[] frame = await _fixture.Client.GetByteArrayAsync($"/datasets/{_volume.Uuid}/1/1/1/0/{key.X}/{key.Y}/{key.Z}/{key.Timepoint}/0/0");
        Assert.True(frame.Length > 12, $"{key} is missing");
        Assert.False(frame.AsSpan(12).ContainsAnyExcept(frame[12]), $"{key} is mixed");
        return frame[12];
    }

    private sealed class NobodyListens : IWriteObserver
    {
        public void Written(in BlockKey key, BlockBuffer block)
        {
        }

        public void Dropped(in BlockKey key)
        {
        }

        public void WrittenElsewhere(string uuid)
        {
        }
    }
}
