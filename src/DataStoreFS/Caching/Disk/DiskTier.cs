using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Caching.Disk;

/// <param name="Folder">Node-local. Made with mode 0700 when it is not there.</param>
/// <param name="Size">Bytes that all processes on the folder use together, at most.</param>
public sealed record DiskTierOptions(string Folder, long Size);

/// <summary>
/// Blocks in a local folder that all mounts which may write it share: what one has read, others and later mounts need not fetch. A fault of the
/// folder is a miss. README.md of this folder explains the files and why no old data can appear.
/// </summary>
/// <remarks>
/// Contract. Owns its descriptors and threads until <see cref="DisposeAsync"/>; blocks in answers belong to the caller, blocks that are offered are
/// retained while they are queued.
/// </remarks>
public sealed class DiskTier : IBlockTier, IAsyncDisposable
{
    private readonly DiskFolder _folder;
    private readonly DiskAccounts _accounts;
    private readonly DiskShards _shards;
    private readonly DiskDirect _direct;
    private readonly DiskReaders _readers;
    private readonly DiskWriter _writer;
    private readonly DiskSweeper _sweeper;
    private readonly DiskDrops _drops;
    private readonly DiskMarks _marks;
    private readonly NativeBlockPool _pool;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new(); // of _volumes' growth
    private readonly long _size;
    private DiskVolume?[] _volumes = [];

    // What the last reads found: a cache that is being filled answers "no" to almost everything, one that is full "yes".
    private volatile bool _expectAbsent = true;
    private long _hits;
    private long _misses;
    private long _damaged;

    private DiskTier(
        DiskFolder folder, DiskTierOptions options, NativeBlockPool pool, ILogger logger, TimeProvider time, string bootId, DiskDirectCalls calls)
    {
        _folder = folder;
        _pool = pool;
        _time = time;
        _size = options.Size;
        _accounts = new DiskAccounts(folder);
        _shards = new DiskShards(folder, _accounts);
        _sweeper = new DiskSweeper(folder, _accounts, _shards, options.Size);
        _marks = new DiskMarks(folder, bootId);
        _drops = new DiskDrops(folder, _shards, _marks);
        _direct = new DiskDirect(_accounts, calls);
        _readers = new DiskReaders(Continue);
        _writer = new DiskWriter(folder, _accounts, _shards, _sweeper, time, logger);
    }

    /// <exception cref="DataStoreException">Local: the folder cannot be used, and why.</exception>
    public static DiskTier Open(DiskTierOptions options, NativeBlockPool pool, ILogger logger, TimeProvider? time = null) =>
        Open(options, pool, logger, time ?? TimeProvider.System, DiskMarks.CurrentBoot());

    internal static DiskTier Open(
        DiskTierOptions options, NativeBlockPool pool, ILogger logger, TimeProvider time, string bootId, DiskDirectCalls? calls = null) =>
        new(DiskFolder.Open(options.Folder), options, pool, logger, time, bootId, calls ?? new DiskDirectCalls());

    /// <summary>Reads that went past the page cache.</summary>
    internal long DirectReads => _direct.Reads;

    public Func<BlockKey, BlockBuffer?>? Memory
    {
        set => _writer.Memory = value;
    }

    /// <summary>Bytes and blocks are of all processes, the counts of this one since it started.</summary>
    public DiskTierStatistics Statistics
    {
        get
        {
            (long bytes, long blocks) = _accounts.Total();
            return new DiskTierStatistics(
                bytes,
                _size,
                blocks,
                Volatile.Read(ref _hits),
                Volatile.Read(ref _misses),
                Volatile.Read(ref _damaged),
                _writer.Written,
                _writer.Refused,
                _sweeper.Evicted)
            {
                Waiting = _writer.Waiting,
            };
        }
    }

    /// <summary>Bytes that blocks may take here now, what they take already included: the limit, or what the file system leaves.</summary>
    public long Room
    {
        get
        {
            (long available, long total) = _folder.Space();
            long left = _accounts.Total().Bytes + available - (long)(total * DiskSweeper.FreeShare);
            return Math.Clamp(left, 0, _size);
        }
    }

    /// <summary>Bytes that a block of this level takes here at most.</summary>
    public static long BytesOf(long imageBytes) => DiskShards.Allocated(DiskRecord.MaximumTrailerBytes + imageBytes);

    /// <summary>Before any block of the volume is asked for.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="server">Scheme, host, port and prefix: part of every block's identity.</param>
    /// <param name="maxAge">How old what is shown may be: <see cref="Timeout.InfiniteTimeSpan"/> for versions that do not change, zero to keep
    /// nothing.</param>
    public void RegisterVolume(VolumeInfo volume, string server, TimeSpan maxAge)
    {
        string mark = DiskVolume.MarkName(server, volume.Uuid);
        DiskVolume registered = new(volume, server, maxAge, mark, _marks.Floor(mark, _time.GetUtcNow().UtcTicks));
        lock (_gate)
        {
            DiskVolume?[] volumes = new DiskVolume?[Math.Max(_volumes.Length, volume.Volume + 1)];
            _volumes.CopyTo(volumes, 0);
            volumes[volume.Volume] = registered;
            Volatile.Write(ref _volumes, volumes);
        }
    }

    public ValueTask<TierAnswer> ReadAsync(BlockKey key, bool urgent, CancellationToken cancellationToken)
    {
        if (Volume(key) is not { Keeps: true } volume)
        {
            return default;
        }

        DiskRead read = _readers.Rent(_pool, _folder, _direct);
        read.Prepare(volume, key);
        read.Urgent = urgent;
        read.DropStripe = DiskDrops.Stripe(key);
        read.Drops = _drops.Count(read.DropStripe);
        DiskReadState state = read.TryFromMemory(_expectAbsent, _time.GetUtcNow().UtcTicks);
        if (state == DiskReadState.NeedsDisk && _readers.TryQueue(read))
        {
            return read.Task;
        }

        TierAnswer answer = Conclude(read, state);
        _readers.Return(read);
        return new ValueTask<TierAnswer>(answer);
    }

    public void Keep(in BlockKey key, BlockBuffer? block, DateTimeOffset fetched)
    {
        if (Volume(key) is not { Keeps: true } volume || (block is null && !volume.KeepsMissing))
        {
            return;
        }

        volume.NominalSize(key, out int imageBytes);
        if (block is null || block.Length == imageBytes)
        {
            volume.Met(fetched.UtcTicks);
            _writer.Add(volume, key, block, fetched.UtcTicks);
        }
    }

    public void Drop(in BlockKey key)
    {
        if (Volume(key) is { } volume)
        {
            _drops.Drop(volume, key, _time.GetUtcNow().UtcTicks);
        }
    }

    public void DropVolume(int volume)
    {
        if (Volume(new BlockKey(volume, 0, 0, 0, 0, 0, 0)) is { } registered)
        {
            long now = _time.GetUtcNow().UtcTicks;
            _marks.SetFloor(registered.Mark, registered.RaiseFloor(now));
        }
    }

    public void DropDataset(string uuid)
    {
        long now = _time.GetUtcNow().UtcTicks;
        DiskVolume[] registered = [.. Volatile.Read(ref _volumes).OfType<DiskVolume>()];
        foreach (string mark in registered.Select(v => DiskVolume.MarkName(v.Server, uuid)).Distinct())
        {
            // Of a dataset that is registered the floor may lie above now: see RaiseFloor.
            _marks.SetFloor(mark, registered.Where(v => v.Mark == mark).Select(v => v.RaiseFloor(now)).Append(now).Max());
        }
    }

    /// <summary>Ends when what was offered until now is on disk (or refused).</summary>
    public Task FlushAsync() => _writer.FlushAsync();

    /// <summary>The same, but not for ever: to be called before the memory goes from which a tier that is behind takes blocks.</summary>
    public async Task FlushAsync(TimeSpan patience)
    {
        try
        {
            await _writer.FlushAsync().WaitAsync(patience, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return; // what is not written yet is fetched again some day
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.StopAsync().ConfigureAwait(false);
        _readers.Dispose();
        _drops.Dispose();
        _accounts.Dispose();
        _folder.Dispose();
    }

    private DiskVolume? Volume(in BlockKey key)
    {
        DiskVolume?[] volumes = Volatile.Read(ref _volumes);
        return (uint)key.Volume < (uint)volumes.Length ? volumes[key.Volume] : null;
    }

    // On a reader thread.
    private void Continue(DiskRead read)
    {
        TierAnswer answer = Conclude(read, read.FromDisk(_time.GetUtcNow().UtcTicks));
        read.Finish();
        read.Complete(answer);
    }

    private TierAnswer Conclude(DiskRead read, DiskReadState state)
    {
        TierAnswer answer = default;
        if (state == DiskReadState.Read)
        {
            state = read.Verify(_time.GetUtcNow().UtcTicks, out answer);
        }

        bool absent = state == DiskReadState.Absent;
        if (absent != _expectAbsent)
        {
            _expectAbsent = absent;
        }

        if (state == DiskReadState.Damaged)
        {
            Interlocked.Increment(ref _damaged);
            _shards.Remove(read.Shard, read.Name);
        }
        else if (state == DiskReadState.Read && _drops.Count(read.DropStripe) != read.Drops)
        {
            // It was changed while it was being read.
            answer.Block?.Release();
            answer = default;
        }

        Interlocked.Increment(ref answer.Known ? ref _hits : ref _misses);
        return answer;
    }
}

/// <param name="Bytes">On disk now, of all processes.</param>
/// <param name="Size">The limit.</param>
/// <param name="Blocks">Files, of all processes.</param>
/// <param name="Hits">Reads answered.</param>
/// <param name="Misses">Reads not answered.</param>
/// <param name="Damaged">Files that were deleted for failing their check.</param>
/// <param name="Written">Blocks written.</param>
/// <param name="Refused">Blocks offered and not written.</param>
/// <param name="Evicted">Files deleted to make room.</param>
public sealed record DiskTierStatistics(
    long Bytes, long Size, long Blocks, long Hits, long Misses, long Damaged, long Written, long Refused, long Evicted)
{
    /// <summary>Blocks offered that are neither written nor refused yet.</summary>
    public long Waiting { get; init; }
}
