using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Blocks;

/// <summary>
/// The one door to voxels: own unsent writes, then memory, then what is known to be missing, then the slower tier, then the server; one fetch
/// however many ask.
/// </summary>
/// <remarks>
/// Contract. Every block that comes out is a reference of the receiver's own, to be released. Volumes are added before they are asked for; clients
/// and the slower tier stay their owners' to dispose, after the store.
/// </remarks>
public sealed class BlockStore : IBlockStore, IBlockPrefetch, IWriteObserver, IAsyncDisposable
{
    private readonly VolumeTable _volumes = new();
    private readonly SingleFlight _flight = new();
    private readonly MemoryTier _memory;
    private readonly KnownMissing _missing = new();
    private readonly FailedBlocks _failed;
    private readonly BlockCaches _caches;
    private readonly Arrivals _arrivals;
    private readonly BlockBatcher _batcher;
    private readonly BlockStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private long _promotions;
    private int _ended;

    /// <param name="options">Budget and ages.</param>
    /// <param name="tier">A slower tier below memory, if any.</param>
    /// <param name="time">The system's when null.</param>
    /// <param name="pool">Where its blocks' memory is from, if that may matter to how much of it is used.</param>
    public BlockStore(BlockStoreOptions options, IBlockTier? tier = null, TimeProvider? time = null, NativeBlockPool? pool = null)
    {
        _options = options;
        _time = time ?? TimeProvider.System;

        // A slower tier that is behind finds in memory what it has yet to write, delivered or not.
        _memory = new MemoryTier(options.CacheBytes, pool is not null && tier is null ? () => pool.IsMemoryDear : null);
        _failed = new FailedBlocks(_time);
        if (tier is not null)
        {
            tier.Memory = key => _memory.Peek(key);
        }

        _caches = new BlockCaches(_memory, _missing, tier, _time);
        _arrivals = new Arrivals(_flight, _caches, _failed);
        _batcher = new BlockBatcher(_memory, _arrivals, options, _time);
    }

    /// <summary>
    /// Hears of a block whose content may differ from what programs have seen, before those who wait for it are served: whoever has put it into the
    /// kernel's page cache drops it there. Never for unchanging versions. Set once, before use; must not block.
    /// </summary>
    public Action<BlockKey>? BlockChanged
    {
        get => _arrivals.Changed;
        set => _arrivals.Changed = value;
    }

    /// <summary>
    /// The mount's unsent writes, if it can write. Set once, before use; the write side has to be made after the store, which it reports to.
    /// </summary>
    public IWriteSource? Writes { get; set; }

    public BlockStoreStatistics Statistics
    {
        get
        {
            (long requests, long blocks, int concurrency, int batchSize) = _batcher.Statistics;
            MemoryTierStatistics memory = _memory.Statistics;
            memory = memory with { SpeculationHits = memory.SpeculationHits + Volatile.Read(ref _promotions) };
            return new BlockStoreStatistics(memory, _memory.Occupied, _memory.Budget, requests, blocks, _flight.Count, concurrency, batchSize);
        }
    }

    /// <summary>Blocks with this <see cref="VolumeInfo.Volume"/> come from <paramref name="client"/> from now on.</summary>
    /// <exception cref="DataStoreException">Protocol: a level's block is larger than a file of this tree can be.</exception>
    public void AddVolume(VolumeInfo info, IDataStoreClient client) => _volumes.Add(new Volume(info, client, _options, _time));

    public BlockPresence TryGet(in BlockKey key, out BlockBuffer? block)
    {
        if (Writes is not null && Writes.TryGet(key, out block))
        {
            return BlockPresence.Present;
        }

        Volume volume = _volumes.Of(key);
        BlockPresence presence = _caches.TryGet(volume, key, out block);
        return presence == BlockPresence.Unknown && !volume.IsAddressable(key) ? BlockPresence.Missing : presence;
    }

    public ValueTask<BlockBuffer?> GetAsync(BlockKey key, CancellationToken cancellationToken)
    {
        BlockPresence presence = TryGet(key, out BlockBuffer? block);
        if (presence != BlockPresence.Unknown)
        {
            return new ValueTask<BlockBuffer?>(block);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<BlockBuffer?>(cancellationToken);
        }

        TimeSpan delay = _failed.DelayOf(key);
        return delay > TimeSpan.Zero ? FetchLaterAsync(key, delay, cancellationToken) : FetchAsync(key, cancellationToken);
    }

    public TimeSpan MissingFor(in BlockKey key)
    {
        Volume volume = _volumes.Of(key);
        return volume.IsAddressable(key) ? _caches.MissingFor(volume, key) : TimeSpan.MaxValue;
    }

    public TimeSpan DistanceOf(in BlockKey key) => _volumes.Of(key).Client.RoundTrip;

    public int PrefetchRoom => Math.Max(_options.SpeculationQueue - _flight.Count, 0);

    public PrefetchReply Prefetch(in BlockKey key, bool more = false)
    {
        PrefetchReply reply = QueuePrefetch(key);
        if (!more)
        {
            _batcher.Pump();
        }

        return reply;
    }

    private PrefetchReply QueuePrefetch(in BlockKey key)
    {
        Volume volume = _volumes.Of(key);
        if (!volume.IsAddressable(key) || _caches.Has(volume, key) || _failed.DelayOf(key) > TimeSpan.Zero || _failed.IsAtFault(key))
        {
            return PrefetchReply.Known;
        }

        if (PrefetchRoom == 0)
        {
            return PrefetchReply.Full;
        }

        BlockFetch fetch = _flight.Join(key, volume, _time.GetTimestamp(), null, out bool began, out _);
        if (began)
        {
            Begin(fetch, send: false);
        }

        return began ? PrefetchReply.Begun : PrefetchReply.Known;
    }

    /// <summary>
    /// The mount's own write is on the server: from now on this is the block, and a fetch under way that may bring the old one is ignored. Takes a
    /// reference of its own.
    /// </summary>
    public void Written(in BlockKey key, BlockBuffer block)
    {
        _flight.Overtake(key);
        _caches.Publish(key, block);
        _failed.Succeeded(key);
    }

    /// <summary>The mount's own write was shown and came to nothing.</summary>
    public void Dropped(in BlockKey key)
    {
        Invalidate(key);
        BlockChanged?.Invoke(key);
    }

    /// <summary>For blocks that no volume of this store has, but that later mounts may find in the slower tier.</summary>
    public void WrittenElsewhere(string uuid) => _caches.DropDataset(uuid);

    /// <summary>What is known of this block is no longer true: the next read asks the server.</summary>
    public void Invalidate(in BlockKey key)
    {
        _flight.Overtake(key);
        _caches.Drop(key);
    }

    public void Refresh()
    {
        _flight.OvertakeAll();
        _caches.Clear(_volumes.All);
        _failed.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        await _end.CancelAsync().ConfigureAwait(false);
        await _batcher.DisposeAsync().ConfigureAwait(false);
        _memory.Dispose();
        _missing.Dispose();
        _end.Dispose();
    }

    private ValueTask<BlockBuffer?> FetchAsync(BlockKey key, CancellationToken cancellationToken)
    {
        BlockWaiter waiter = new(this);
        BlockFetch fetch = _flight.Join(key, _volumes.Of(key), _time.GetTimestamp(), waiter, out bool began, out bool promoted);
        waiter.Fetch = fetch;
        if (began)
        {
            // The fetch before this one may have ended since the caches were asked.
            if (_caches.Has(fetch.Volume, key) && _caches.TryGet(fetch.Volume, key, out BlockBuffer? block) != BlockPresence.Unknown)
            {
                _arrivals.Serve(fetch, block);
                return waiter.Task;
            }

            fetch.Alone = _failed.IsAtFault(key);
            Begin(fetch);
        }
        else if (promoted)
        {
            // Predicted rightly, if not early enough.
            Interlocked.Increment(ref _promotions);
            _batcher.Promote(fetch);
        }

        waiter.Watch(cancellationToken);
        return waiter.Task;
    }

    private async ValueTask<BlockBuffer?> FetchLaterAsync(BlockKey key, TimeSpan delay, CancellationToken cancellationToken)
    {
        // As when it failed (Arrivals): a server that refuses the token, say, is not gone.
        if (_failed.IsGone(key) && _caches.Stale(key) is { } stale)
        {
            return stale;
        }

        await Task.Delay(delay, _time, cancellationToken).ConfigureAwait(false);
        return await FetchAsync(key, cancellationToken).ConfigureAwait(false);
    }

    // Without send, what is queued before this returns waits for the next Pump.
    private void Begin(BlockFetch fetch, bool send = true)
    {
        if (_caches.HasTier)
        {
            _ = ThroughTierAsync(fetch, send);
        }
        else
        {
            _batcher.Enqueue(fetch, send);
        }
    }

    private async Task ThroughTierAsync(BlockFetch fetch, bool send)
    {
        TierAnswer answer;
        try
        {
            ValueTask<TierAnswer> reading = _caches.ReadTierAsync(fetch, _end.Token);
            send |= !reading.IsCompleted;
            answer = await reading.ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or DataStoreException)
        {
            // By contract a tier keeps its faults to itself; if one gets out all the same, or the store ends, it is a miss. Somebody waits.
            answer = default;
        }

        if (answer.Known)
        {
            _arrivals.ArrivedFromTier(fetch, answer);
        }
        else
        {
            _batcher.Enqueue(fetch, send);
        }
    }

    /// <summary>A caller was cancelled. A fetch that nobody waits for any more is taken back if it has not been sent.</summary>
    internal void Leave(BlockWaiter waiter)
    {
        BlockFetch fetch = waiter.Fetch;
        if (_flight.Leave(fetch, waiter) && _batcher.Withdraw(fetch) && !_flight.Forget(fetch))
        {
            _batcher.Enqueue(fetch);
        }
    }
}
