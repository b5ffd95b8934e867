using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>A small volume, its blocks, and addresses of them.</summary>
internal static class TestVolume
{
    public static readonly ImageAddress Image = new("3b7c2a10-dead-4eef-8000-000000000001", new Size3(1, 1, 1), "0", 0, 0, 0);

    /// <summary>10 x 8 x 4 voxels of uint16 in blocks of 4 x 4 x 4: clipped at x.</summary>
    public static VolumeInfo Create(VoxelType type = VoxelType.UInt16, int volume = 0, bool furtherTile = false, string? uuid = null) => new()
    {
        Volume = volume,
        Uuid = uuid ?? Image.Uuid,
        RequestedVersion = "0",
        ResolvedVersion = "0",
        VoxelType = type,
        Dimensions = new Size3(10, 8, 4),
        VoxelSize = [1, 1, 1],
        Versions = [0],
        TimepointIds = [0, 1, 2, 3, 4, 5, 6, 7],
        Setups =
        [
            new SetupInfo
            {
                Index = 0,
                Id = 0,
                Name = "channel 0",
                ChannelId = 0,
                AngleId = 0,
                Version = "0",
                Addressable = !furtherTile,
                Levels = [new LevelInfo(0, new Size3(1, 1, 1), new Size3(10, 8, 4), new Size3(4, 4, 4))],
            },
        ],
    };

    public static BlockAddress At(int x, int timepoint = 0) => new(Image with { Timepoint = timepoint }, x, 0, 0);

    public static BlockKey Key(int x, int y = 0, int timepoint = 0) => new(0, 0, timepoint, 0, x, y, 0);

    /// <summary>A 4 x 4 x 4 block of bytes that all have this value, so that a torn or mixed one shows.</summary>
    public static BlockBuffer Block(NativeBlockPool pool, int value, int voxels = 64)
    {
        BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + (voxels * 2));
        N5Header.Write(block.GetSpan(), new Size3(voxels / 16, 4, 4));
        block.WritablePayload.Fill((byte)value);
        return block;
    }

    public static int ValueOf(BlockBuffer block)
    {
        int value = block.Payload[0];
        Assert.True(block.Payload.IndexOfAnyExcept((byte)value) < 0, "a mixed block");
        return value;
    }
}

/// <summary>A server as the uploader sees it: each call runs the script, and then counts as written unless the script threw.</summary>
internal sealed class ScriptedWriter : IBlockWriter
{
    private readonly ConcurrentQueue<(ImageAddress Image, int[] Xs)> _calls = new();

    public ConcurrentDictionary<BlockAddress, int> Stored { get; } = new();

    /// <summary>Every stored value of a block, in order.</summary>
    public ConcurrentDictionary<BlockAddress, ConcurrentQueue<int>> History { get; } = new();

    public Func<ImageAddress, IReadOnlyList<BlockWrite>, CancellationToken, Task> Script { get; set; } = (_, _, _) => Task.CompletedTask;

    public IReadOnlyCollection<(ImageAddress Image, int[] Xs)> Calls => _calls;

    public async Task WriteBlocksAsync(ImageAddress image, IReadOnlyList<BlockWrite> blocks, CancellationToken cancellationToken)
    {
        _calls.Enqueue((image, [.. blocks.Select(b => b.X)]));
        await Script(image, blocks, cancellationToken);
        foreach (BlockWrite block in blocks)
        {
            BlockAddress address = new(image, block.X, block.Y, block.Z);
            int value = TestVolume.ValueOf(block.Block);
            Stored[address] = value;
            History.GetOrAdd(address, _ => new ConcurrentQueue<int>()).Enqueue(value);
        }
    }

    public static DataStoreException Refusal(string why = "400 Bad Request") => new(DataStoreErrorKind.Refused, why);

    public static DataStoreException Outage() => new(DataStoreErrorKind.Unreachable, "connection refused");
}

/// <summary>A writer's calls that wait until the test lets them go on.</summary>
internal sealed class Gate
{
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SemaphoreSlim _open = new(0);

    public async Task PassAsync(CancellationToken cancellationToken)
    {
        _arrived.Release();
        await _open.WaitAsync(cancellationToken);
    }

    public Task ArrivedAsync() => _arrived.WaitAsync().WaitAsync(TimeSpan.FromSeconds(30));

    public void Open(int calls = 1_000_000) => _open.Release(calls);
}

internal sealed class RecordingObserver : IWriteObserver
{
    public ConcurrentQueue<(BlockKey Key, int Value)> Seen { get; } = new();

    public ConcurrentQueue<string> Elsewhere { get; } = new();

    public void Written(in BlockKey key, BlockBuffer block) => Seen.Enqueue((key, TestVolume.ValueOf(block)));

    public ConcurrentQueue<BlockKey> Gone { get; } = new();

    public void Dropped(in BlockKey key) => Gone.Enqueue(key);

    public void WrittenElsewhere(string uuid) => Elsewhere.Enqueue(uuid);
}

/// <summary>Time that passes when somebody waits for it: every pause is over at once, and counts.</summary>
internal sealed class EagerTime : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Add(ref _now, Math.Max(0, dueTime.Ticks));
        return TimeProvider.System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : dueTime, period);
    }
}

/// <summary>Pauses never end.</summary>
internal sealed class StandingTime : TimeProvider
{
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Paused => _paused.Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _paused.TrySetResult();
        return TimeProvider.System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dsfs-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
