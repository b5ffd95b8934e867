using System.Buffers.Binary;
using DataStoreFS.Caching;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.Caching.Disk;

/// <summary>
/// A folder of its own, a clock that only tests move, and tiers on the folder: each stands for a process, since the locks are per open file.
/// </summary>
public abstract class DiskTierFixture : IAsyncLifetime
{
    private readonly List<DiskTier> _tiers = [];

    protected const string Server = "http://datastore.example:9080";

    protected string Folder { get; } = Path.Combine(Path.GetTempPath(), $"dsfs-disk-{Guid.NewGuid():N}");

    protected NativeBlockPool Pool { get; } = new();

    protected ManualTime Time { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (DiskTier tier in _tiers)
        {
            await tier.DisposeAsync();
        }

        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, true);
        }

        Assert.Equal(0, Pool.Rented);
        Pool.Dispose();
    }

    private protected DiskTier Open(long size = 64 << 20, string boot = "boot1", string? folder = null, DiskDirectCalls? calls = null)
    {
        DiskTier tier = DiskTier.Open(new DiskTierOptions(folder ?? Folder, size), Pool, NullLogger.Instance, Time, boot, calls);
        _tiers.Add(tier);
        return tier;
    }

    private protected DiskTier OpenRegistered(
        long size = 64 << 20, string boot = "boot1", TimeSpan? maxAge = null, DiskDirectCalls? calls = null)
    {
        DiskTier tier = Open(size, boot, calls: calls);
        tier.RegisterVolume(Volume(), Server, maxAge ?? Timeout.InfiniteTimeSpan);
        return tier;
    }

    protected async Task Close(DiskTier tier)
    {
        _tiers.Remove(tier);
        await tier.DisposeAsync();
    }

    protected static BlockKey At(int x, int y = 0, int z = 0, int timepoint = 0, int level = 0) => new(0, 0, timepoint, level, x, y, z);

    /// <summary>A block whose voxels all are <paramref name="value"/>, of the size the volume's geometry gives it.</summary>
    protected BlockBuffer Block(in BlockKey key, ushort value, VolumeInfo? volume = null)
    {
        Size3 size = (volume ?? Volume()).Level(key).SizeAt(key.X, key.Y, key.Z);
        BlockBuffer block = Pool.Rent(BlockBuffer.HeaderBytes + checked((int)size.Count * 2));
        N5Header.Write(block.GetSpan(), size);
        Span<byte> payload = block.WritablePayload;
        for (int i = 0; i < payload.Length; i += 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[i..], value);
        }

        return block;
    }

    protected async Task Keep(DiskTier tier, BlockKey key, ushort value, DateTimeOffset? fetched = null)
    {
        BlockBuffer block = Block(key, value);
        tier.Keep(key, block, fetched ?? Time.GetUtcNow());
        block.Release();
        await tier.FlushAsync();
    }

    /// <summary>The value of a block's voxels; null when the tier does not know the block; -1 when it knows that there is none.</summary>
    protected static async Task<int?> Value(DiskTier tier, BlockKey key)
    {
        TierAnswer answer = await tier.ReadAsync(key, true, CancellationToken.None);
        if (!answer.Known)
        {
            Assert.Null(answer.Block);
            return null;
        }

        if (answer.Block is null)
        {
            return -1;
        }

        int first = BinaryPrimitives.ReadUInt16BigEndian(answer.Block.Payload);
        for (int i = 0; i < answer.Block.Payload.Length; i += 2)
        {
            Assert.Equal(first, BinaryPrimitives.ReadUInt16BigEndian(answer.Block.Payload[i..]));
        }

        answer.Block.Release();
        return first;
    }

    protected string[] BlockFiles() =>
        [.. Directory.EnumerateDirectories(Folder).Where(d => Path.GetFileName(d).Length == 2).SelectMany(Directory.EnumerateFiles)];

    /// <summary>
    /// uint16, 10 x 10 x 1000 voxels in blocks of 32 x 32 x 10 (so 10 x 10 x 10, 2 kB), three timepoints; a second level of clipped 16^3.
    /// </summary>
    protected static VolumeInfo Volume(string version = "0", string uuid = "u-1", VoxelType type = VoxelType.UInt16, int number = 0) => new()
    {
        Volume = number,
        Uuid = uuid,
        RequestedVersion = version,
        ResolvedVersion = version,
        VoxelType = type,
        Dimensions = new Size3(320, 320, 100),
        VoxelSize = [1, 1, 1],
        Versions = [0, 1],
        NewestVersion = 1,
        TimepointIds = [3, 5, 9],
        Setups =
        [
            new SetupInfo
            {
                Index = 0,
                Id = 0,
                Name = "s",
                ChannelId = 0,
                AngleId = 0,
                Version = version,
                Levels =
                [
                    new LevelInfo(0, new Size3(1, 1, 1), new Size3(320, 320, 100), new Size3(10, 10, 10)),
                    new LevelInfo(1, new Size3(2, 2, 1), new Size3(40, 40, 20), new Size3(16, 16, 16)),
                ],
            },
        ],
    };

    protected sealed class ManualTime : TimeProvider
    {
        private long _ticks = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
        private long _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _passed);

        // Every look at the clock is later than the one before, as on a real one.
        public override DateTimeOffset GetUtcNow() => new(Interlocked.Increment(ref _ticks), TimeSpan.Zero);

        public void Advance(TimeSpan span)
        {
            Interlocked.Add(ref _passed, span.Ticks);
            SetClock(span);
        }

        /// <summary>No time passes; somebody sets the clock.</summary>
        public void SetClock(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
    }
}
