using System.Collections.Concurrent;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

public sealed class PendingRetryTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly NativeBlockPool _pool = new();
    private readonly PendingBlocks _pending = new(_ => null);
    private readonly RecordedTime _time = new();
    private readonly PendingRetry _retry;
    private long _sequence;

    public PendingRetryTests()
    {
        _retry = new PendingRetry(_pending, new UploadSettings(), _time);
        _pending.WasPostponed = _retry.Postponed;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _retry.DisposeAsync();
        _pending.Dispose();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Fact]
    public async Task OneBlockThatKeepsFailingIsTriedLessAndLessOftenUntilItComesThrough()
    {
        Put();
        for (int i = 0; i < 8; i++)
        {
            PendingBlock block = await TakeAsync();
            _pending.Postpone(block, block.Sequence, ScriptedWriter.Outage());
        }

        PendingBlock last = await TakeAsync();
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], _time.Pauses);
        _pending.Accepted(last, last.Sequence);
        _retry.ServerIsBack();

        Put();
        for (int i = 0; i < 2; i++)
        {
            PendingBlock next = await TakeAsync(); // at once, if that the server is back is heard only now
            _pending.Postpone(next, next.Sequence, ScriptedWriter.Outage());
        }

        await TakeAsync();
        Assert.Equal(1, _time.Pauses.ElementAt(8));
    }

    private void Put()
    {
        BlockBuffer block = TestVolume.Block(_pool, 1);
        _ = _pending.Put(TestVolume.At(1), ++_sequence, block, block.Length, wait: false);
    }

    private async Task<PendingBlock> TakeAsync()
    {
        ImageAddress image = await _pending.Announced.ReadAsync().AsTask().WaitAsync(s_patience);
        return Assert.Single(_pending.Take(image, BatchLimit.Default));
    }

    /// <summary>Every pause is over at once, and known.</summary>
    private sealed class RecordedTime : TimeProvider
    {
        private readonly ConcurrentQueue<double> _pauses = new();

        public IReadOnlyCollection<double> Pauses => _pauses;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _pauses.Enqueue(dueTime.TotalSeconds);
            return TimeProvider.System.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
        }
    }
}
