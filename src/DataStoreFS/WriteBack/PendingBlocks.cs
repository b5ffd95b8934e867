using System.Threading.Channels;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.WriteBack;

/// <summary>
/// What the server does not have yet: the newest version of every such block, and who waits for it. A newer version takes an unsent older one's
/// place, and the older one's closers get the newer one's result. One version of a block is on its way at a time, so writes to it never overtake
/// each other.
/// </summary>
/// <remarks>
/// Contract. Holds one reference per block in memory; what it lends (<see cref="TryGet"/>, <see cref="Lend"/>) is a reference of the receiver's own.
/// Bytes that only the journal holds are loaded by the function it was given, outside the lock. The lock is a leaf; waiters are told after it.
/// </remarks>
internal sealed class PendingBlocks : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BlockAddress, PendingBlock> _blocks = [];
    private readonly Dictionary<ImageAddress, Queue<PendingBlock>> _ready = [];
    private readonly Channel<ImageAddress> _announced = Channel.CreateUnbounded<ImageAddress>();
    private readonly Func<long, BlockBuffer?> _load;
    private TaskCompletionSource? _idle;
    private long _bytes;
    private long _memoryBytes;
    private int _count;
    private int _postponed;
    private long _tries;
    private bool _disposed;

    /// <param name="load">A version's bytes from the journal; null when it is not there any more (the server has got it).</param>
    public PendingBlocks(Func<long, BlockBuffer?> load) => _load = load;

    /// <summary>Images with blocks to send; each is announced once until <see cref="Take"/> is called for it.</summary>
    public ChannelReader<ImageAddress> Announced => _announced.Reader;

    /// <summary>
    /// A block was postponed, and counts in <see cref="Postponed"/> already: who tries again must be told now, not before. Set once, before use.
    /// </summary>
    public Action? WasPostponed { get; set; }

    /// <summary>A block was given up and is not pending any more; before its waiters are told. Set once, before use; must not throw.</summary>
    public Action<BlockAddress>? WasDropped { get; set; }

    public int Count => Volatile.Read(ref _count);

    public long Bytes => Volatile.Read(ref _bytes);

    public long MemoryBytes => Volatile.Read(ref _memoryBytes);

    public int Postponed => Volatile.Read(ref _postponed);

    /// <summary>A new version; takes the reference. Ignored (and its reference released) when a newer one is there already.</summary>
    /// <param name="address">Which block.</param>
    /// <param name="sequence">Its place in the order of all writes.</param>
    /// <param name="buffer">Its bytes, or null when the journal has them.</param>
    /// <param name="length">Bytes of the block file.</param>
    /// <param name="wait">Whether somebody waits; registered here, so that no answer can slip through before.</param>
    /// <returns>Ends when the server has this version or a newer one, with the fault when it will not.</returns>
    public Task Put(in BlockAddress address, long sequence, BlockBuffer? buffer, int length, bool wait)
    {
        BlockBuffer? superseded = buffer;
        Task told;
        lock (_gate)
        {
            told = _disposed ? Task.FromException(Stopped()) : PutLocked(address, sequence, length, ref superseded, wait);
        }

        superseded?.Release();
        return told;
    }

    /// <summary>Ends when the server has what is the newest version now; at once when nothing is pending. A postponed block is tried again.</summary>
    public Task WaitAsync(in BlockAddress address)
    {
        lock (_gate)
        {
            if (!_blocks.TryGetValue(address, out PendingBlock? block))
            {
                return Task.CompletedTask;
            }

            if (block.State == PendingState.Postponed)
            {
                MakeReady(block);
            }

            return AddWaiter(block, block.Sequence);
        }
    }

    /// <summary>Whether a closer waits for one of them; otherwise there is no point in trying long.</summary>
    public bool AnyoneWaits(IEnumerable<PendingBlock> blocks)
    {
        lock (_gate)
        {
            return blocks.Any(b => b.Waiters.Count > 0);
        }
    }

    /// <summary>Ends when nothing is pending, postponed blocks included.</summary>
    public Task WaitIdleAsync()
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>The newest unsent bytes of a block; the caller releases them.</summary>
    public bool TryGet(in BlockAddress address, out BlockBuffer? buffer)
    {
        buffer = null;
        if (Volatile.Read(ref _count) == 0)
        {
            return false;
        }

        long sequence;
        lock (_gate)
        {
            if (!_blocks.TryGetValue(address, out PendingBlock? block))
            {
                return false;
            }

            sequence = block.Sequence;
            buffer = block.Buffer?.Retain();
        }

        buffer ??= _load(sequence);
        return buffer is not null;
    }

    /// <summary>Takes blocks of an announced image for one request; empty when another sender was faster. The rest is announced again.</summary>
    public List<PendingBlock> Take(ImageAddress image, BatchLimit limit)
    {
        List<PendingBlock> taken = [];
        lock (_gate)
        {
            if (!_ready.TryGetValue(image, out Queue<PendingBlock>? queue))
            {
                return taken;
            }

            BatchSize size = default;
            while (queue.TryPeek(out PendingBlock? block) && size.TryAdd(block.Address, block.Length, limit))
            {
                queue.Dequeue().State = PendingState.Taken;
                taken.Add(block);
            }

            if (queue.Count == 0)
            {
                _ready.Remove(image);
                return taken;
            }
        }

        _announced.Writer.TryWrite(image);
        return taken;
    }

    /// <summary>The newest version of a block that was taken.</summary>
    /// <exception cref="DataStoreException">Local: its bytes, which only the journal has, cannot be read.</exception>
    public LentBlock Lend(PendingBlock block, out long sequence)
    {
        BlockBuffer? buffer;
        lock (_gate)
        {
            sequence = block.Sequence;
            buffer = block.Buffer?.Retain();
        }

        buffer ??= _load(sequence)
            ?? throw new DataStoreException(DataStoreErrorKind.Local, $"the bytes of {block.Address} are not in the journal any more");
        return new LentBlock(block, sequence, buffer);
    }

    /// <summary>The server has this version.</summary>
    public void Accepted(PendingBlock block, long sequence) => Settle(block, sequence, null, PendingEnd.Done);

    /// <summary>The server will never take this version: it is dropped here (the caller has parked it), and its waiters get the fault.</summary>
    public void Refused(PendingBlock block, long sequence, DataStoreException fault) => Settle(block, sequence, fault, PendingEnd.Done);

    /// <summary>The server could not be asked: the block stays, its waiters get the fault. A newer version is tried at once.</summary>
    public void Postpone(PendingBlock block, long sequence, DataStoreException fault) => Settle(block, sequence, fault, PendingEnd.Postponed);

    /// <summary>
    /// This version cannot be kept, which its waiters are told. What is tried again is the version before it that the journal has, if there is one.
    /// </summary>
    public void GiveUp(PendingBlock block, long sequence, DataStoreException fault, JournalEntry? kept) =>
        Settle(block, sequence, fault, kept is null ? PendingEnd.Done : PendingEnd.Postponed, kept);

    /// <summary>Puts postponed blocks back into their queues.</summary>
    /// <param name="most">1 to find out whether the server is back.</param>
    public void Resume(int most)
    {
        lock (_gate)
        {
            if (_postponed == 0)
            {
                return;
            }

            // By turns, so that a block that always fails does not keep the others from being tried.
            foreach (PendingBlock block in _blocks.Values.Where(b => b.State == PendingState.Postponed).OrderBy(b => b.Tried).Take(most).ToList())
            {
                MakeReady(block);
            }
        }
    }

    /// <summary>Frees the memory of a version whose bytes the journal has.</summary>
    public void Spill(in BlockAddress address, long sequence)
    {
        BlockBuffer? spilled = null;
        lock (_gate)
        {
            if (_blocks.TryGetValue(address, out PendingBlock? block) && block.Sequence == sequence && block.Buffer is not null)
            {
                Account(block, -1);
                (spilled, block.Buffer) = (block.Buffer, null);
                Account(block, +1);
            }
        }

        spilled?.Release();
    }

    public void Dispose()
    {
        List<PendingBlock> left;
        lock (_gate)
        {
            _disposed = true;
            left = [.. _blocks.Values];
            _blocks.Clear();
            _ready.Clear();
            (_count, _bytes, _memoryBytes, _postponed) = (0, 0, 0, 0);
        }

        _announced.Writer.TryComplete();
        foreach (PendingBlock block in left)
        {
            block.Buffer?.Release();
            block.Waiters.ForEach(w => w.Told.TrySetException(Stopped()));
        }
    }

    private static DataStoreException Stopped() =>
        new(DataStoreErrorKind.Unreachable, "the mount is stopping: the block was not sent; write it again when the dataset is mounted");

    private void Settle(PendingBlock block, long sequence, DataStoreException? fault, PendingEnd end, JournalEntry? kept = null)
    {
        List<TaskCompletionSource> told = [];
        BlockBuffer? done = null;
        TaskCompletionSource? idle = null;
        bool postponed = false;
        bool dropped = false;
        lock (_gate)
        {
            bool superseded = block.Sequence > sequence;
            if (fault is null || !superseded)
            {
                told.AddRange(block.Waiters.Where(w => w.Sequence <= sequence).Select(w => w.Told));
                block.Waiters.RemoveAll(w => w.Sequence <= sequence);
            }

            if (superseded)
            {
                MakeReady(block);
            }
            else if (end != PendingEnd.Done)
            {
                if (kept is not null)
                {
                    Account(block, -1);
                    (done, block.Buffer, block.Sequence, block.Length) = (block.Buffer, null, kept.Sequence, kept.FileLength);
                    Account(block, +1);
                    dropped = true;
                }

                block.State = PendingState.Postponed;
                block.Tried = ++_tries;
                _postponed++;
                postponed = true;
            }
            else if (_blocks.Remove(block.Address))
            {
                _count--;
                Account(block, -1);
                (done, block.Buffer) = (block.Buffer, null);
                dropped = fault is not null;
                idle = _count == 0 ? _idle : null;
                _idle = _count == 0 ? null : _idle;
            }
        }

        done?.Release();
        if (dropped)
        {
            WasDropped?.Invoke(block.Address);
        }

        foreach (TaskCompletionSource waiter in told)
        {
            _ = fault is null ? waiter.TrySetResult() : waiter.TrySetException(fault);
        }

        idle?.TrySetResult();
        if (postponed)
        {
            WasPostponed?.Invoke();
        }
    }

    // Gives back in `buffer` what is to be released: the version that is replaced, or the new one if a newer one is there.
    private Task PutLocked(in BlockAddress address, long sequence, int length, ref BlockBuffer? buffer, bool wait)
    {
        bool fresh = !_blocks.TryGetValue(address, out PendingBlock? block);
        if (fresh)
        {
            block = new PendingBlock(address);
            _blocks.Add(address, block);
            _count++;
        }

        if (fresh || sequence > block!.Sequence)
        {
            Account(block!, -1);
            (block!.Sequence, block.Length) = (sequence, length);
            (block.Buffer, buffer) = (buffer, block.Buffer);
            Account(block, +1);
        }

        Task told = wait ? AddWaiter(block, sequence) : Task.CompletedTask;
        if (fresh || block.State == PendingState.Postponed)
        {
            MakeReady(block);
        }

        return told;
    }

    private static Task AddWaiter(PendingBlock block, long sequence)
    {
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        block.Waiters.Add((sequence, told));
        return told.Task;
    }

    private void MakeReady(PendingBlock block)
    {
        _postponed -= block.State == PendingState.Postponed ? 1 : 0;
        block.State = PendingState.Ready;
        ImageAddress image = block.Address.Image;
        if (!_ready.TryGetValue(image, out Queue<PendingBlock>? queue))
        {
            _ready[image] = queue = new Queue<PendingBlock>();
            _announced.Writer.TryWrite(image); // unbounded and without synchronous continuations: runs no foreign code
        }

        queue.Enqueue(block);
    }

    private void Account(PendingBlock block, int sign)
    {
        _bytes += sign * (long)block.Length;
        _memoryBytes += block.Buffer is null ? 0 : sign * (long)block.Length;
    }
}
