using System.Threading.Channels;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.WriteBack;

/// <summary>
/// The append-only record of block writes that the server does not have yet, in a folder that one process owns. Many appends share one fsync. What
/// <see cref="AppendAsync"/> has acknowledged survives the process and the power, and is found by the next <see cref="Open"/>.
/// </summary>
/// <remarks>
/// One loop does all writing, in the order of the calls; everybody else talks to it through a channel. Reading a record goes past it. Segments hold
/// writes and completions; finished segments are removed. The size limit covers segments and parked blocks.
/// </remarks>
internal sealed class Journal : IAsyncDisposable
{
    private const int LargestGroup = 256;

    private readonly FolderLock _lock;
    private readonly JournalIndex _index;
    private readonly JournalFiles _files;
    private readonly NativeBlockPool _pool;
    private readonly ILogger _log;
    private readonly string _folder;
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<JournalEntry> _uncompleted = []; // completions that could not be recorded; the loop's, as the next
    private readonly List<JournalEntry> _completing = []; // recorded and not synced
    private readonly Task _loop;
    private long _lastSequence;
    private long _queuedBytes;

    private Journal(
        string folder,
        long limit,
        FolderLock folderLock,
        JournalIndex index,
        JournalFiles files,
        JournalRecovery recovery,
        ParkedBlocks parked,
        NativeBlockPool pool,
        ILogger log)
    {
        (_folder, Limit, _lock, _index, _files, Parked, _pool, _log) = (folder, limit, folderLock, index, files, parked, pool, log);
        _lastSequence = Math.Max(recovery.HighestSequence, parked.HighestSequence);
        Damaged = recovery.Damaged;
        Recovered = index.Newest();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>What the last process acknowledged and the server does not have: the newest version of every block, oldest first.</summary>
    public IReadOnlyList<JournalEntry> Recovered { get; }

    /// <summary>Files with damage in their middle, found when the journal was opened.</summary>
    public int Damaged { get; }

    public ParkedBlocks Parked { get; }

    public long Limit { get; }

    /// <summary>Bytes on disk and on their way to it.</summary>
    public long UsedBytes => _files.UsedBytes + Volatile.Read(ref _queuedBytes) + Parked.Bytes;

    /// <summary>Writes that are not on the server.</summary>
    public int Count => _index.Count;

    /// <summary>Whether this very version is in the journal, or on its way into it.</summary>
    public bool Contains(long sequence) => _index.Contains(sequence);

    /// <summary>The block's newest version that is not on the server; null when there is none.</summary>
    public JournalEntry? NewestOf(in BlockAddress address) => _index.NewestOf(address);

    /// <summary>Takes the folder (made if need be, mode 0700) and reads what is in it.</summary>
    /// <param name="folder">One per mount.</param>
    /// <param name="server">Whose writes these are; a journal with another server's writes is refused.</param>
    /// <param name="limit">Bytes on disk.</param>
    /// <param name="pool">Memory for reading records back.</param>
    /// <param name="log">Damage and torn tails.</param>
    /// <exception cref="DataStoreException">Usage: in use, or for another server. Local: cannot be read or written.</exception>
    public static Journal Open(string folder, string server, long limit, NativeBlockPool pool, ILogger log)
    {
        FolderLock? folderLock = null;
        JournalRecovery recovery = new(folder, server, log);
        try
        {
            Durable.CreateFolder(Path.GetFullPath(folder));
            folderLock = FolderLock.Take(folder);
            ParkedBlocks parked = new(ParkedBlocks.FolderOf(folder));
            JournalIndex index = new();
            recovery.Run(index);
            JournalFiles files = new(folder, server, limit, index, log);
            files.Adopt(recovery.Segments, recovery.HighestNumber);
            return new Journal(folder, limit, folderLock, index, files, recovery, parked, pool, log);
        }
        catch (Exception fault)
        {
            recovery.Segments.ForEach(s => s.Dispose());
            folderLock?.Dispose();
            if (fault is IOException or UnauthorizedAccessException)
            {
                throw JournalSegment.Fault(folder, "opened as a journal", fault);
            }

            throw;
        }
    }

    /// <summary>The next place in the order of all writes; grows across restarts.</summary>
    public long NextSequence() => Interlocked.Increment(ref _lastSequence);

    /// <summary>Ends when the block is durable. Holds a reference of its own meanwhile. Cancelling ends the waiting only.</summary>
    /// <exception cref="DataStoreException">NoSpace: the journal or its disk is full, nothing was kept. Local: it cannot be written.</exception>
    public Task AppendAsync(in BlockAddress address, long sequence, BlockBuffer block, CancellationToken cancellationToken)
    {
        JournalEntry entry = new(address, sequence, block.Length);
        RequireRoom(entry.RecordBytes);
        Request request = new(entry, block.Retain(), null);
        Interlocked.Add(ref _queuedBytes, entry.RecordBytes);
        _index.Add(entry);
        return Enqueue(request).WaitAsync(cancellationToken);
    }

    /// <exception cref="DataStoreException">NoSpace: so many bytes more are too many.</exception>
    public void RequireRoom(long bytes)
    {
        long used = UsedBytes;
        if (used + bytes > Limit && Parked.Blocks > 0)
        {
            Parked.Recount();
            used = UsedBytes;
        }

        if (used + bytes > Limit)
        {
            throw new DataStoreException(
                DataStoreErrorKind.NoSpace,
                $"the journal in {_folder} is full ({used} of {Limit} bytes wait for the server or are parked): " +
                "try again when the server has caught up, or raise --journal-size");
        }
    }

    /// <summary>The versions of a block up to this one are not needed any more: the server has this one or a newer one, or it is parked.</summary>
    /// <returns>
    /// Ends when that is durable, and so is what earlier calls said of this block; who does not wait risks only that they are sent again. What could
    /// not be recorded is tried again with whatever is asked of the journal next.
    /// </returns>
    /// <exception cref="DataStoreException">NoSpace, Local: a later process would send them again.</exception>
    public Task CompleteAsync(in BlockAddress address, long sequence)
    {
        List<JournalEntry> done = _index.TakeUpTo(address, sequence, out bool settled);
        return settled ? Task.CompletedTask : Enqueue(new Request(null, null, done));
    }

    /// <summary>Ends when everything asked for before is done, and finished segments are gone.</summary>
    public Task SettleAsync() => Enqueue(new Request(null, null, null));

    /// <summary>A write's block; null when it is not in the journal. The caller releases it.</summary>
    /// <exception cref="DataStoreException">Local: the disk cannot read it, or gives other bytes than were written.</exception>
    public BlockBuffer? Read(long sequence)
    {
        while (_index.TryFind(sequence, out JournalEntry? entry, out JournalSegment? segment, out long offset))
        {
            byte[] prefix = new byte[JournalRecord.PrefixBytes(entry!.Address)];
            BlockBuffer block = _pool.Rent(entry.FileLength);
            bool intact = false;
            try
            {
                intact = segment!.TryRead(offset, prefix) && segment.TryRead(offset + prefix.Length, block.GetSpan()) &&
                    JournalRecord.IsIntact(prefix, block.GetSpan(), segment.Nonce);
                return intact
                    ? block
                    : throw new DataStoreException(
                        DataStoreErrorKind.Local, $"{segment.Path} is damaged: {entry.Address} cannot be read back; run a disk check");
            }
            catch (ObjectDisposedException)
            {
                continue; // the segment went meanwhile: the write is done, or stands in another one now
            }
            catch (IOException fault)
            {
                throw JournalSegment.Fault(segment!.Path, "read", fault);
            }
            finally
            {
                if (!intact)
                {
                    block.Release();
                }
            }
        }

        return null;
    }

    /// <summary>Writes out what was asked for, and leaves an empty folder when the server has everything.</summary>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        _files.Dispose();
        _lock.Dispose();
    }

    private Task Enqueue(Request request)
    {
        if (!_requests.Writer.TryWrite(request))
        {
            request.Fail(new DataStoreException(DataStoreErrorKind.Local, $"the journal in {_folder} is closed"));
            Forget(request);
        }

        return request.Told.Task;
    }

    private async Task RunAsync()
    {
        List<Request> group = [];
        List<Request> settling = [];
        while (await _requests.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (group.Count < LargestGroup && _requests.Reader.TryRead(out Request? request))
            {
                if (request.IsSettling)
                {
                    settling.Add(request);
                }
                else
                {
                    Write(request, group);
                }
            }

            Finish(group);
            Guarded(() =>
            {
                _files.Trim();
                _files.Compact(Read);
            });
            CompleteAgain(group);
            settling.ForEach(r => r.Succeed());
            settling.Clear();
        }

        if (_index.Count == 0)
        {
            Guarded(_files.RemoveAll);
        }
    }

    private void Write(Request request, List<Request> group)
    {
        try
        {
            if (request.Entry is { } entry)
            {
                if (_files.WouldRotate(entry.RecordBytes))
                {
                    Finish(group);
                }

                _files.Append(entry, request.Block!);
            }
            else
            {
                request.Completed!.ForEach(_index.Forget);
                _uncompleted.AddRange(request.Completed);
                Complete(group);
            }

            group.Add(request);
        }
        catch (DataStoreException fault)
        {
            request.Fail(fault);
            Forget(request);
        }
        catch (Exception unforeseen)
        {
            // The loop must outlive it, or every later write would wait for ever.
            _log.LogError(unforeseen, "The journal in {Folder} failed in an unforeseen way", _folder);
            request.Fail(new DataStoreException(DataStoreErrorKind.Local, $"the journal in {_folder} failed: {unforeseen.Message}", unforeseen));
            Forget(request);
        }
    }

    private void Complete(List<Request> group)
    {
        if (_files.WouldRotate(JournalRecord.HeaderBytes + (_uncompleted.Count * sizeof(long))))
        {
            Finish(group);
        }

        if (_uncompleted.Count > 0)
        {
            _files.AppendCompletion([.. _uncompleted.Select(e => e.Sequence)]);
            _completing.AddRange(_uncompleted);
            _uncompleted.Clear();
        }
    }

    private void CompleteAgain(List<Request> group)
    {
        try
        {
            Complete(group);
        }
        catch (DataStoreException fault)
        {
            _log.LogDebug("{Count} completions have yet to be recorded: {Reason}", _uncompleted.Count, fault.Message);
        }

        Finish(group);
    }

    // One fsync for all, then they are told.
    private void Finish(List<Request> group)
    {
        if (group.Count == 0 && _completing.Count == 0)
        {
            return;
        }

        DataStoreException? fault = null;
        try
        {
            _files.Sync();
        }
        catch (DataStoreException failed)
        {
            _log.LogError("{Reason}", failed.Message);
            fault = failed;
        }

        if (fault is null)
        {
            _completing.ForEach(_index.Settle);
        }
        else
        {
            _uncompleted.AddRange(_completing);
        }

        _completing.Clear();
        foreach (Request request in group)
        {
            if (fault is null)
            {
                request.Succeed();
                Interlocked.Add(ref _queuedBytes, -(request.Entry?.RecordBytes ?? 0));
            }
            else
            {
                request.Fail(fault);
                Forget(request);
            }
        }

        group.Clear();
    }

    private void Forget(Request request)
    {
        request.Block?.Release();
        if (request.Entry is { } entry)
        {
            _index.Forget(entry);
            Interlocked.Add(ref _queuedBytes, -entry.RecordBytes);
        }
    }

    // Tidying must not end the loop: what cannot be removed now stays and is counted.
    private void Guarded(Action tidy)
    {
        try
        {
            tidy();
        }
        catch (Exception fault) when (fault is DataStoreException or IOException or UnauthorizedAccessException)
        {
            _log.LogWarning("The journal in {Folder} cannot be tidied: {Reason}", _folder, fault.Message);
        }
    }

    private sealed record Request(JournalEntry? Entry, BlockBuffer? Block, List<JournalEntry>? Completed)
    {
        public bool IsSettling => Entry is null && Completed is null;

        public TaskCompletionSource Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Succeed()
        {
            Block?.Release();
            Told.TrySetResult();
        }

        public void Fail(DataStoreException fault) => Told.TrySetException(fault);
    }
}
