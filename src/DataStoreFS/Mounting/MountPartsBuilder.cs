using DataStoreFS.Blocks;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>From a source to the parts of its mount: client, volume, block store. What was opened before a failure is closed again.</summary>
internal static class MountPartsBuilder
{
    public static async Task<MountParts> OpenAsync(MountSettings settings, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        NativeBlockPool pool = new();
        DataStoreClient client = new(settings.Source.Server, pool, RemoteOptionsOf(settings), loggerFactory.CreateLogger("datastorefs.remote"));
        BlockStore? store = null;
        WriteBackEngine? engine = null;
        DiskTier? tier = null;
        try
        {
            VolumeOpener opener = new(client, loggerFactory.CreateLogger("datastorefs.opening"));
            OpenedVolume opened = await opener.OpenAsync(settings.Source, 0, settings.ReadWrite, cancellationToken).ConfigureAwait(false);
            tier = TierOf(settings, opened.Info, pool, loggerFactory);
            store = new BlockStore(BlockStoreOptionsOf(settings), tier);
            store.AddVolume(opened.Info, client);
            engine = WriteSide.Open(settings, opened.Info, client, store, pool, loggerFactory);
            MountParts parts = new(opened.Info, new VolumeFiles(new N5View(opened.Info), opened.ExportXml), store, pool) { Engine = engine };
            parts.Own(client);
            if (tier is not null)
            {
                parts.Own(tier);
            }

            parts.Own(store); // disposed of before the client and the tier that it uses
            parts.Prefetch(settings, store);
            parts.DiskTier = tier;
            if (engine is not null)
            {
                parts.Own(engine); // which uses the store and the client
                await WriteSide.ReplayAsync(parts, settings, loggerFactory).ConfigureAwait(false);
            }

            return parts;
        }
        catch
        {
            if (engine is not null)
            {
                await engine.DisposeAsync().ConfigureAwait(false);
            }

            if (store is not null)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }

            if (tier is not null)
            {
                await tier.DisposeAsync().ConfigureAwait(false);
            }

            await client.DisposeAsync().ConfigureAwait(false);
            pool.Dispose();
            throw;
        }
    }

    private static DiskTier? TierOf(MountSettings settings, VolumeInfo volume, NativeBlockPool pool, ILoggerFactory loggerFactory)
    {
        if (settings.DiskCache is null)
        {
            return null;
        }

        DiskTier tier = DiskTier.Open(settings.DiskCache, pool, loggerFactory.CreateLogger("datastorefs.disk"));
        tier.RegisterVolume(volume, settings.Source.Server, new KernelCachePolicy(settings, volume).MaxAge);
        return tier;
    }

    private static RemoteOptions RemoteOptionsOf(MountSettings settings) => new()
    {
        Timeout = settings.RequestTimeout,
        Token = settings.TokenFile is null ? settings.Token : AccessToken.FromFile(settings.TokenFile),
    };

    private static BlockStoreOptions BlockStoreOptionsOf(MountSettings settings) => new()
    {
        CacheBytes = settings.CacheBytes,
        MaxAge = Forever(settings.MaxAge),
        MissingMaxAge = Forever(settings.MissingAge),
    };

    private static TimeSpan Forever(TimeSpan age) => age == MountSettings.Never ? TimeSpan.MaxValue : age;
}
