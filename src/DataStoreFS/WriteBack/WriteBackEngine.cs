using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.WriteBack;

/// <summary>
/// Brings blocks to the server and says when they are safe.
/// <para>
/// <see cref="WriteBackMode.Through"/>: a write ends with the server's answer. It is not journaled first: what kill -9 could lose was not
/// acknowledged. If the server cannot be reached, the closer gets the error, and the block goes to the journal all the same and is tried on.
/// </para>
/// <para>
/// <see cref="WriteBackMode.Journal"/>: a write ends when the journal is durable; <see cref="SyncAsync"/> and <see cref="DrainAsync"/> wait for the
/// server.
/// </para>
/// In both, what the server refuses for good is parked beside the journal, and a later write of the same block takes an unsent one's place.
/// </summary>
public sealed class WriteBackEngine : IWriteSource, IAsyncDisposable
{
    private readonly BlockAddresses _addresses = new();
    private readonly ConcurrentDictionary<BlockAddress, DataStoreException> _untold = new(); // refusals that no close() or fsync() has heard of
    private readonly Journal _journal;
    private readonly PendingBlocks _pending;
    private readonly Uploader _uploader;
    private readonly PendingRetry _retry;
    private readonly UploadOutcome _outcome;
    private readonly WriteBackOptions _options;
    private int _started;

    private WriteBackEngine(Journal journal, WriteBackOptions options, IBlockWriter writer, IWriteObserver observer, TimeProvider time, ILogger log)
    {
        (_journal, _options) = (journal, options);
        _pending = new PendingBlocks(journal.Read);
        foreach (JournalEntry entry in journal.Recovered)
        {
            _ = _pending.Put(entry.Address, entry.Sequence, null, entry.FileLength, wait: false);
        }

        _retry = new PendingRetry(_pending, options.Upload, time);
        _pending.WasPostponed = _retry.Postponed;
        _outcome = new UploadOutcome(journal, _pending, _retry, observer, _addresses, options, time, log);
        _pending.WasDropped = _outcome.Dropped;
        _outcome.RefusedUnheard += (address, fault) => _untold[address] = fault;
        _uploader = new Uploader(_pending, writer, _outcome, options.Upload, time, log);
    }

    /// <summary>
    /// Opens the journal. What an earlier process left in it is sent from the first <see cref="Add"/> on, when it is known which of the caches'
    /// blocks it replaces; wait for that with <see cref="DrainAsync"/>.
    /// </summary>
    /// <param name="options">Mode, folder, sizes.</param>
    /// <param name="writer">The client.</param>
    /// <param name="observer">The block store.</param>
    /// <param name="pool">Memory for blocks that are read back from the journal.</param>
    /// <param name="time">For tests; null: the system's.</param>
    /// <param name="log">Every failure once, with the block and the reason.</param>
    /// <exception cref="DataStoreException">Usage: the journal is in use or for another server. Local: it cannot be opened.</exception>
    public static WriteBackEngine Open(
        WriteBackOptions options, IBlockWriter writer, IWriteObserver observer, NativeBlockPool pool, TimeProvider? time, ILogger log)
    {
        Journal journal = Journal.Open(options.JournalFolder, options.Server, options.JournalSize, pool, log);
        return new WriteBackEngine(journal, options, writer, observer, time ?? TimeProvider.System, log);
    }

    /// <summary>Reads the disk: parked blocks may have been removed.</summary>
    public WriteBackStatus Status
    {
        get
        {
            _journal.Parked.Recount();
            return new WriteBackStatus(
                _options.Mode,
                _pending.Count,
                _pending.Bytes,
                _pending.Postponed,
                _journal.Parked.Blocks,
                ParkedBlocks.FolderOf(_options.JournalFolder),
                _journal.UsedBytes,
                _journal.Limit,
                _outcome.Sent,
                _journal.Damaged,
                _outcome.LastError?.Message,
                _outcome.LastErrorTime)
            {
                RefusedBlocks = _outcome.Refused,
            };
        }
    }

    /// <summary>What the server refused, oldest first, also in earlier mounts. Reads the disk.</summary>
    /// <exception cref="DataStoreException">Local: the folder cannot be read.</exception>
    public IReadOnlyList<ParkedBlock> Parked() => ParkedBlocks.List(_options.JournalFolder);

    /// <summary>Makes a volume's keys known; before the first call that names one. With the first volume, sending begins.</summary>
    public void Add(VolumeInfo volume)
    {
        _addresses.Add(volume);
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _uploader.Start();
        }
    }

    /// <summary>A block to be written; takes the reference. Ends as the mode says. Cancelling ends the waiting, not the writing.</summary>
    /// <param name="key">Inside its grid, in a writable version.</param>
    /// <param name="block">In the grid's size; see <see cref="WrittenBlock"/>.</param>
    /// <param name="cancellationToken">The program was interrupted.</param>
    /// <exception cref="DataStoreException"> NotPermitted: the server has no place for it. Unreachable, Timeout, Unauthorized: kept and tried on.
    /// Refused: parked. NoSpace, Local (mode journal): nothing was kept. </exception>
    public async Task WriteAsync(BlockKey key, BlockBuffer block, CancellationToken cancellationToken)
    {
        BlockAddress address;
        try
        {
            address = _addresses.Of(key);
        }
        catch
        {
            block.Release();
            throw;
        }

        long sequence = _journal.NextSequence();
        if (_options.Mode == WriteBackMode.Through)
        {
            await _pending.Put(address, sequence, block, block.Length, wait: true).WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        await JournalAsync(address, sequence, block).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asked while a program still writes, so that it hears of a full journal before it closes.</summary>
    /// <exception cref="DataStoreException">NoSpace: the journal has no room for so many bytes (mode journal).</exception>
    public void RequireRoom(long bytes)
    {
        if (_options.Mode == WriteBackMode.Journal)
        {
            _journal.RequireRoom(bytes);
        }
    }

    /// <summary>The newest bytes that the server does not have; the caller releases them. No allocation when nothing is pending.</summary>
    /// <exception cref="DataStoreException">Local: the journal cannot be read.</exception>
    public bool TryGet(in BlockKey key, out BlockBuffer? block)
    {
        block = null;
        return _pending.Count > 0 && _addresses.Has(key) && _pending.TryGet(_addresses.Of(key), out block);
    }

    /// <summary>fsync: ends when the server has what was written to the block so far.</summary>
    /// <exception cref="DataStoreException">Why it has not, also when that was found out after close().</exception>
    public async Task SyncAsync(BlockKey key, CancellationToken cancellationToken)
    {
        BlockAddress address = _addresses.Of(key);
        try
        {
            await _pending.WaitAsync(address).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException)
        {
            _untold.TryRemove(address, out _);
            throw;
        }

        if (_untold.TryRemove(address, out DataStoreException? refused))
        {
            throw new DataStoreException(refused.Kind, refused.Message, refused);
        }
    }

    /// <summary>
    /// Ends when nothing is pending: before a mount is announced, at syncfs and unmount. What stays behind when it is cancelled is in the journal (in
    /// mode through: if its closers were told).
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        using IDisposable hurry = _retry.Hurry();
        await _pending.WaitIdleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        await _journal.SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops at once; <see cref="DrainAsync"/> first. Blocks that were acknowledged stay in the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        await _retry.DisposeAsync().ConfigureAwait(false);
        await _uploader.DisposeAsync().ConfigureAwait(false);
        _pending.Dispose();
        await _journal.DisposeAsync().ConfigureAwait(false);
    }

    private async Task JournalAsync(BlockAddress address, long sequence, BlockBuffer block)
    {
        try
        {
            await _journal.AppendAsync(address, sequence, block, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            block.Release();
            throw;
        }

        bool spill = _pending.MemoryBytes + block.Length > _options.MemoryBytes;
        int length = block.Length;
        if (spill)
        {
            block.Release();
        }

        _ = _pending.Put(address, sequence, spill ? null : block, length, wait: false);
    }
}
