using System.Collections.Concurrent;
using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace Integration.Mounts;

/// <summary>
/// A block store that the test scripts: which blocks exist, which fail, which wait. Every block's content is a function of its key and of
/// <see cref="Edition"/>. It remembers what it has given out once, as a memory tier would.
/// </summary>
internal sealed class ScriptedStore(VolumeInfo volume) : IBlockStore
{
    private readonly ConcurrentDictionary<BlockKey, bool> _known = new();
    private int _fetches;

    public NativeBlockPool Pool { get; } = new();

    public Func<BlockKey, bool> Exists { get; set; } = static _ => true;

    public Func<BlockKey, DataStoreException?> Fails { get; set; } = static _ => null;

    /// <summary>Fetches wait for this.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Released whenever a fetch has begun.</summary>
    public SemaphoreSlim Began { get; } = new(0);

    public int Edition { get; set; }

    /// <summary>False: every read asks the server, as with a maximum age of zero.</summary>
    public bool Remembers { get; set; } = true;

    /// <summary>How often the server would have been asked.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    /// <summary>When the content is said to be known since, as an offset to now in milliseconds.</summary>
    public long FetchedBefore { get; set; }

    /// <summary>How much longer a missing block is good, whenever that is asked; for ever when nothing is set.</summary>
    public TimeSpan MissingLife { get; set; } = TimeSpan.MaxValue;

    /// <summary>Hears of every block that is given out; it takes a reference if it wants to look at the block later.</summary>
    public Action<BlockBuffer>? GivenOut { get; set; }

    public BlockPresence TryGet(in BlockKey key, out BlockBuffer? block)
    {
        block = null;
        if (!_known.TryGetValue(key, out bool exists))
        {
            return BlockPresence.Unknown;
        }

        block = exists ? Make(key) : null;
        return exists ? BlockPresence.Present : BlockPresence.Missing;
    }

    public async ValueTask<BlockBuffer?> GetAsync(BlockKey key, CancellationToken cancellationToken)
    {
        if (TryGet(key, out BlockBuffer? block) != BlockPresence.Unknown)
        {
            return block;
        }

        Interlocked.Increment(ref _fetches);
        Began.Release();
        if (Gate is { } gate)
        {
            await gate.Task.WaitAsync(cancellationToken);
        }
        else
        {
            await Task.Yield();
        }

        if (Fails(key) is { } fault)
        {
            throw fault;
        }

        if (Remembers)
        {
            _known[key] = Exists(key);
        }

        return Exists(key) ? Make(key) : null;
    }

    public TimeSpan MissingFor(in BlockKey key) => MissingLife;

    public void Refresh() => _known.Clear();

    private BlockBuffer Make(in BlockKey key)
    {
        Size3 size = volume.Level(key).SizeAt(key.X, key.Y, key.Z);
        BlockBuffer block = Pool.Rent(BlockBuffer.HeaderBytes + (int)(size.Count * volume.VoxelType.Bytes()));
        N5Header.Write(block.GetSpan(), size);
        TestVoxels.Fill(block.WritablePayload, key, Edition);
        block.FetchedAt = Environment.TickCount64 - FetchedBefore;
        GivenOut?.Invoke(block);
        return block;
    }
}
