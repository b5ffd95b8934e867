using DataStoreFS.Blocks;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Server;
using DataStoreFS.N5;
using DataStoreFS.Prefetch;
using DataStoreFS.Tree;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Mounting;

/// <summary>
/// What is mounted: a volume and its files, or a whole server; the door to the blocks; and what has to be disposed of after it, last first.
/// </summary>
internal sealed class MountParts(VolumeInfo? volume, IVolumeFiles? files, IBlockStore blocks, NativeBlockPool pool) : IAsyncDisposable
{
    private static readonly TimeSpan s_flushPatience = TimeSpan.FromSeconds(5);

    private readonly Stack<IAsyncDisposable> _owned = new();

    /// <summary>Null for a whole server, as <see cref="Files"/> is.</summary>
    public VolumeInfo? Volume { get; } = volume;
    public IVolumeFiles? Files { get; } = files;

    /// <summary>Null for a single volume.</summary>
    public ServerVolumes? Server { get; init; }

    public IBlockStore Blocks { get; } = blocks;

    /// <summary>Empty when everybody has released what they had; disposed of by this.</summary>
    public NativeBlockPool Pool { get; } = pool;

    /// <summary>Null where blocks are not fetched ahead.</summary>
    public IPrefetcher? Prefetcher { get; private set; }

    /// <summary>Null without <c>--disk-cache</c>.</summary>
    public DiskTier? DiskTier { get; set; }

    /// <summary>From now on blocks are fetched ahead of programs, as the settings say.</summary>
    public void Prefetch(MountSettings settings, IBlockPrefetch sink)
    {
        if (settings.MaxAge == TimeSpan.Zero || Volume is null)
        {
            return; // every open asks the server, whatever was fetched before
        }

        Prefetcher prefetcher = new(
            PrefetchSettings.Parse(settings.Prefetch, settings.CacheBytes), DataStoreFS.Prefetch.Prefetcher.LargestBlock(Volume), sink);
        prefetcher.AddVolume(Volume);
        Prefetcher = prefetcher;
    }

    /// <summary>The way of written blocks to the server; null when they cannot be written.</summary>
    public WriteBackEngine? Engine { get; init; }

    /// <summary>Waits until the server has everything that was written, but not for ever.</summary>
    /// <returns>False: some blocks stay in the journal, and are sent when the dataset is mounted again.</returns>
    public async Task<bool> TryDrainAsync(TimeSpan patience)
    {
        if (Engine is null)
        {
            return true;
        }

        using CancellationTokenSource limit = new(patience);
        try
        {
            await Engine.DrainAsync(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception unsent) when (unsent is OperationCanceledException or DataStoreException)
        {
            return false; // the caller says how many
        }
    }

    public void Own(IAsyncDisposable part) => _owned.Push(part);

    public async ValueTask DisposeAsync()
    {
        if (Prefetcher is IAsyncDisposable prefetcher)
        {
            await prefetcher.DisposeAsync().ConfigureAwait(false); // first: it asks the store
        }

        if (DiskTier is not null)
        {
            await DiskTier.FlushAsync(s_flushPatience).ConfigureAwait(false); // while the store still has the blocks
        }

        while (_owned.TryPop(out IAsyncDisposable? part))
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }

        Pool.Dispose();
    }
}
