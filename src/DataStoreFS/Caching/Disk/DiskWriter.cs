using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging;
using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// The one thread that writes offered blocks, on processor time that programs leave: copying into fresh pages of the page cache costs as much as
/// receiving the block did, and a program that waits for blocks must not pay for it. What it cannot write at once it writes later, from memory if
/// the block is still there; else the offer is dropped. A read never waits for a write.
/// </summary>
/// <remarks>
/// Contract. The queue holds a reference to each queued block, at most <see cref="QueueBytes"/> in all. <see cref="StopAsync"/> writes what is
/// queued, for a few seconds, and releases the rest.
/// </remarks>
internal sealed unsafe class DiskWriter
{
    /// <summary>Half a second of a fast disk; it counts as memory beside the cache's budget, so it is not larger.</summary>
    public const long QueueBytes = 24L << 20;

    /// <summary>An offer that old is not written: the tombstone that would stop it may be gone (see DiskSweeper).</summary>
    public static readonly TimeSpan OldestOffer = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromSeconds(10);

    // While there is no room, not every offer lists the folder again.
    private static readonly TimeSpan s_pauseWithoutRoom = TimeSpan.FromSeconds(1);

    // Offers beyond the queue, without their blocks: 4 MB of keys.
    private const int MostLater = 64 * 1024;

    // A tenth of the weight of a program: next to a waiting program it does not count, and on a node whose cores are all busy computing it still
    // writes some 200 MB/s. At 19 it would hardly write at all there.
    private const int Niceness = 10;

    private readonly BlockingCollection<Offer> _queue = [];
    private readonly ConcurrentQueue<Offer> _later = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DiskFolder _folder;
    private readonly DiskAccounts _accounts;
    private readonly DiskShards _shards;
    private readonly DiskSweeper _sweeper;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly byte[] _trailer = GC.AllocateUninitializedArray<byte>(DiskRecord.MaximumTrailerBytes, pinned: true);
    private readonly byte[] _name = new byte[DiskRecord.NameCharacters + 1];
    private readonly string _prefix = $"{DiskShards.NewPrefix}{Environment.ProcessId}-{Guid.NewGuid():N}-";
    private long _queued;
    private long _offered;
    private long _written;
    private long _refused;
    private long _counter;
    private long _pausedUntil; // a timestamp: a clock that is set back must not make the pause longer
    private long _stopAt = long.MaxValue;
    private bool _complained;

    public DiskWriter(DiskFolder folder, DiskAccounts accounts, DiskShards shards, DiskSweeper sweeper, TimeProvider time, ILogger logger)
    {
        _folder = folder;
        _accounts = accounts;
        _shards = shards;
        _sweeper = sweeper;
        _time = time;
        _logger = logger;
        new Thread(Work) { IsBackground = true, Name = "disk-write" }.Start();
    }

    /// <summary>See <see cref="IBlockTier.Memory"/>.</summary>
    public Func<BlockKey, BlockBuffer?>? Memory { get; set; }

    public long Written => Volatile.Read(ref _written);

    /// <summary>Offers that were not written: the queue was full, no room, or the disk failed.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Offers that are neither written nor refused yet.</summary>
    public long Waiting => Math.Max(Volatile.Read(ref _offered) - Written - Refused, 0);

    /// <summary>Takes a reference of its own when it takes the offer.</summary>
    public void Add(DiskVolume volume, in BlockKey key, BlockBuffer? block, long fetched)
    {
        Interlocked.Increment(ref _offered);
        long bytes = block?.Length ?? DiskRecord.MaximumTrailerBytes;
        if (Interlocked.Add(ref _queued, bytes) > QueueBytes)
        {
            Interlocked.Add(ref _queued, -bytes);
            if ((block is null || Memory is not null) && _later.Count < MostLater)
            {
                _later.Enqueue(new Offer(volume, key, null, fetched, null) { IsMissing = block is null });
            }
            else
            {
                Interlocked.Increment(ref _refused);
            }

            return;
        }

        Enqueue(new Offer(volume, key, block?.Retain(), fetched, null));
    }

    /// <summary>Ends when everything that was offered before is on disk or refused.</summary>
    public Task FlushAsync()
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(new Offer(null, default, null, 0, reached));
        return reached.Task;
    }

    public Task StopAsync()
    {
        Volatile.Write(ref _stopAt, In(s_stopPatience));
        _queue.CompleteAdding();
        return _stopped.Task;
    }

    private string Name => System.Text.Encoding.ASCII.GetString(_name.AsSpan(0, DiskRecord.NameCharacters));

    private void Enqueue(Offer offer)
    {
        try
        {
            _queue.Add(offer);
        }
        catch (InvalidOperationException)
        {
            // Stopped in between: nothing is taken any more.
            offer.Block?.Release();
            if (offer.Volume is not null)
            {
                Interlocked.Increment(ref _refused);
            }

            offer.Reached?.SetResult();
        }
    }

    private void Work()
    {
        _ = SetPriority(0, 0, Niceness); // of this thread: on Linux the call with 0 is about the calling thread alone
        if (_accounts.IsNew)
        {
            _sweeper.CountAll(_time.GetUtcNow());
        }

        while (TryNext(out Offer offer))
        {
            if (offer.Volume is not null)
            {
                Write(offer);
                Interlocked.Add(ref _queued, -(offer.Block?.Length ?? DiskRecord.MaximumTrailerBytes));
                offer.Block?.Release();
            }
            else if (offer.Reached is not null)
            {
                while (_later.TryDequeue(out Offer late))
                {
                    WriteLate(late);
                }

                offer.Reached.SetResult();
            }
        }

        _stopped.SetResult();
    }

    // What is in the queue first: it keeps memory.
    private bool TryNext(out Offer offer)
    {
        while (!_queue.TryTake(out offer))
        {
            if (!_later.TryDequeue(out Offer late))
            {
                return _queue.TryTake(out offer, Timeout.Infinite); // false: stopped
            }

            WriteLate(late);
        }

        return true;
    }

    private void WriteLate(in Offer late)
    {
        if (late.IsMissing)
        {
            Write(late);
            return;
        }

        BlockBuffer? block = Memory?.Invoke(late.Key);
        late.Volume!.NominalSize(late.Key, out int imageBytes);
        if (block?.Length == imageBytes)
        {
            Write(late with { Block = block });
        }
        else
        {
            Interlocked.Increment(ref _refused);
        }

        block?.Release();
    }

    private void Write(in Offer offer)
    {
        bool kept = _time.GetTimestamp() < Volatile.Read(ref _stopAt) && TryWrite(offer);
        Interlocked.Increment(ref kept ? ref _written : ref _refused);
    }

    private bool TryWrite(in Offer offer)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (now.UtcTicks - offer.Fetched > OldestOffer.Ticks || _time.GetTimestamp() < _pausedUntil)
        {
            return false;
        }

        Span<byte> trailer = _trailer.AsSpan(0, offer.Volume!.WriteIdentity(offer.Key, _trailer));
        byte shard = DiskRecord.Name(trailer, _name);
        ReadOnlySpan<byte> image = offer.Block is null ? default : offer.Block.GetSpan();
        long length = image.Length + trailer.Length;
        if (!_sweeper.TryMakeRoom(DiskShards.Allocated(length), now))
        {
            Pause(s_pauseWithoutRoom);
            return false;
        }

        DiskRecord.Seal(trailer, image, offer.Fetched);
        string temporary = _prefix + (_counter++).ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        int error = WriteNew(shard, temporary, image, trailer);
        DiskPublish outcome = error != 0
            ? error is NoEntry or BadDescriptor ? DiskPublish.FolderGone : DiskPublish.Failed
            : _shards.Publish(shard, temporary, Name, trailer.Length, offer.Fetched, length);
        if (outcome == DiskPublish.Done)
        {
            _complained = false;
            return true;
        }

        _ = UnlinkAt(_folder.Shard(shard), temporary, 0);
        Recover(outcome, error);
        return false;
    }

    private void Pause(TimeSpan pause) => _pausedUntil = In(pause);

    private long In(TimeSpan time) => _time.GetTimestamp() + (long)(time.TotalSeconds * _time.TimestampFrequency);

    private int WriteNew(byte shard, string temporary, ReadOnlySpan<byte> image, ReadOnlySpan<byte> trailer)
    {
        // In the folder where it will stay: file systems keep the inodes and blocks of one folder together, and those of others apart.
        int fd = _folder.CreateFile(_folder.Shard(shard, make: true), temporary, WriteOnly | Exclusive);
        if (fd < 0)
        {
            return LastError;
        }

        fixed (byte* imageStart = image)
        fixed (byte* trailerStart = trailer)
        {
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { Base = imageStart, Length = image.Length };
            vectors[1] = new IoVector { Base = trailerStart, Length = trailer.Length };
            nint written = WriteVector(fd, vectors, 2, 0);
            int error = written == image.Length + trailer.Length ? 0 : written < 0 ? LastError : NoSpace;
            _ = Close(fd);
            return error;
        }
    }

    private void Recover(DiskPublish outcome, int error)
    {
        if (outcome is DiskPublish.Outdated or DiskPublish.Busy)
        {
            return;
        }

        if (outcome == DiskPublish.FolderGone && _folder.Recover())
        {
            _accounts.Reopen();
            return;
        }

        // A full or failing disk is not tried again for every block.
        Pause(s_pauseAfterFault);
        if (!_complained)
        {
            _complained = true;
            string reason = error == 0 ? "the folder was removed or cannot be changed" : Describe(error);
            _logger.LogWarning("disk cache: a block cannot be written: {Reason}; reading goes on without", reason);
        }
    }

    private readonly record struct Offer(DiskVolume? Volume, BlockKey Key, BlockBuffer? Block, long Fetched, TaskCompletionSource? Reached)
    {
        /// <summary>That there is no block is what is to be written.</summary>
        public bool IsMissing { get; init; }
    }
}
