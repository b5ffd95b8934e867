using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>An uploader over a scripted server. At the end no buffer may be left.</summary>
public abstract class UploaderTest : IAsyncLifetime
{
    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    private protected readonly NativeBlockPool Pool = new();
    private protected readonly ScriptedWriter Server = new();
    private protected readonly Outcome Observed = new();
    private protected readonly PendingBlocks Pending = new(_ => null);
    private protected Uploader? Running { get; set; }
    private long _sequence;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (Running is not null)
        {
            await Running.DisposeAsync();
        }

        Pending.Dispose();
        Assert.Equal(0, Pool.Rented);
        Pool.Dispose();
    }

    private protected void Start(int senders = 4, BatchLimit? limit = null, TimeProvider? time = null, IBlockWriter? server = null)
    {
        UploadSettings settings = new() { Senders = senders, Limit = limit ?? BatchLimit.Default };
        Running = new Uploader(Pending, server ?? Server, Observed, settings, time ?? new EagerTime(), NullLogger.Instance);
        Running.Start();
    }

    private protected Task Put(int x, int value, int timepoint = 0)
    {
        BlockBuffer block = TestVolume.Block(Pool, value);
        return Pending.Put(TestVolume.At(x, timepoint), ++_sequence, block, block.Length, wait: true);
    }

    private protected Task PutLong(int x, int voxelBytes, int timepoint)
    {
        BlockBuffer block = Pool.Rent(BlockBuffer.HeaderBytes + voxelBytes);
        return Pending.Put(TestVolume.At(x, timepoint), ++_sequence, block, block.Length, wait: true);
    }

    private protected sealed class Outcome : IUploadOutcome
    {
        public ConcurrentQueue<BlockAddress> Accepted { get; } = new();

        public ConcurrentQueue<(BlockAddress Address, string Reason)> Refused { get; } = new();

        public ConcurrentQueue<BlockAddress> Postponed { get; } = new();

        public Task AcceptedAsync(LentBlock block)
        {
            Accepted.Enqueue(block.Block.Address);
            return Task.CompletedTask;
        }

        public Task RefusedAsync(LentBlock block, DataStoreException fault)
        {
            Refused.Enqueue((block.Block.Address, fault.Message));
            return Task.CompletedTask;
        }

        public Task PostponedAsync(LentBlock block, DataStoreException fault)
        {
            Postponed.Enqueue(block.Block.Address);
            return Task.CompletedTask;
        }

        public JournalEntry? KeptOf(BlockAddress address) => null;
    }
}
