using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.WriteBack;

/// <summary>What follows from the server's answers: caches, journal, parking, the log.</summary>
internal sealed class UploadOutcome(
    Journal journal,
    PendingBlocks pending,
    PendingRetry retry,
    IWriteObserver observer,
    BlockAddresses addresses,
    WriteBackOptions options,
    TimeProvider time,
    ILogger log) : IUploadOutcome
{
    private readonly Lock _gate = new();
    private DataStoreException? _lastError;
    private DateTimeOffset? _lastErrorTime;
    private long _sent;
    private int _refused;

    /// <summary>In mode journal nobody waits when a refusal comes; fsync has to tell it later.</summary>
    public event Action<BlockAddress, DataStoreException>? RefusedUnheard;

    public long Sent => Volatile.Read(ref _sent);

    public int Refused => Volatile.Read(ref _refused);

    public DataStoreException? LastError
    {
        get
        {
            lock (_gate)
            {
                return _lastError;
            }
        }
    }

    public DateTimeOffset? LastErrorTime
    {
        get
        {
            lock (_gate)
            {
                return _lastErrorTime;
            }
        }
    }

    public async Task AcceptedAsync(LentBlock block)
    {
        BlockAddress address = block.Block.Address;
        Publish(address, block.Buffer);
        Interlocked.Increment(ref _sent);
        bool journaled = journal.Contains(block.Sequence);
        Task completed = journal.CompleteAsync(address, block.Sequence);
        if (journaled)
        {
            // If this completion is lost, a replay sends the same bytes again.
            _ = LogAsync(completed, address);
        }
        else
        {
            await RequireNoOlderAsync(completed, address).ConfigureAwait(false);
        }

        if (block.Block.Tried > 0)
        {
            retry.ServerIsBack();
        }
    }

    public async Task RefusedAsync(LentBlock block, DataStoreException fault)
    {
        BlockAddress address = block.Block.Address;
        journal.Parked.Add(block.Sequence, address, block.Buffer, fault.Message, time.GetUtcNow());
        log.LogError(
            "The server refuses {Address}: {Reason}; it is kept in {Folder}", address, fault.Message, ParkedBlocks.FolderOf(options.JournalFolder));
        Note(fault);
        Interlocked.Increment(ref _refused);
        if (options.Mode == WriteBackMode.Journal)
        {
            RefusedUnheard?.Invoke(address, fault);
        }

        await LogAsync(journal.CompleteAsync(address, block.Sequence), address).ConfigureAwait(false);
    }

    public async Task PostponedAsync(LentBlock block, DataStoreException fault)
    {
        BlockAddress address = block.Block.Address;
        Note(fault);
        if (!journal.Contains(block.Sequence))
        {
            log.LogWarning("{Address} is not on the server yet: {Reason}; it goes to the journal and is tried again", address, fault.Message);
            await journal.AppendAsync(address, block.Sequence, block.Buffer, CancellationToken.None).ConfigureAwait(false);
        }

        if (pending.MemoryBytes > options.MemoryBytes)
        {
            pending.Spill(address, block.Sequence);
        }
    }

    public JournalEntry? KeptOf(BlockAddress address) => journal.NewestOf(address);

    /// <summary>Readers have seen the block's pending version, which is gone.</summary>
    public void Dropped(BlockAddress address)
    {
        foreach (BlockKey key in addresses.KeysOf(address))
        {
            observer.Dropped(key);
        }
    }

    private void Publish(BlockAddress address, BlockBuffer block)
    {
        bool mounted = false;
        foreach (BlockKey key in addresses.KeysOf(address))
        {
            observer.Written(key, block);
            mounted = true;
        }

        if (!mounted)
        {
            observer.WrittenElsewhere(address.Image.Uuid);
        }
    }

    /// <summary>
    /// An older version may be in the journal from an outage: a replay would put it over this one, which is about to be acknowledged.
    /// </summary>
    private static async Task RequireNoOlderAsync(Task completed, BlockAddress address)
    {
        try
        {
            await completed.ConfigureAwait(false);
        }
        catch (DataStoreException fault)
        {
            throw new DataStoreException(
                fault.Kind,
                $"the server has {address}, but the journal still has an older version, which a later mount would send: {fault.Message}",
                fault);
        }
    }

    private async Task LogAsync(Task completed, BlockAddress address)
    {
        try
        {
            await completed.ConfigureAwait(false);
        }
        catch (DataStoreException fault)
        {
            log.LogWarning(
                "{Address} is done, but the journal cannot say so: {Reason}; it may be sent again after a restart", address, fault.Message);
        }
    }

    private void Note(DataStoreException fault)
    {
        lock (_gate)
        {
            (_lastError, _lastErrorTime) = (fault, time.GetUtcNow());
        }
    }
}
