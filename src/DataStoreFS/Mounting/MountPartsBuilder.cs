using DataStoreFS.Blocks;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Mounting.Server;
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
        NativeBlockPool pool = new(budgetBytes: settings.CacheBytes);
        DataStoreClient client = new(settings.Source.Server, pool, RemoteOptionsOf(settings), loggerFactory.CreateLogger("datastorefs.remote"));
        OpenedVolume? opened = null;
        BlockStore? store = null;
        WriteBackEngine? engine = null;
        DiskTier? tier = null;
        try
        {
            if (settings.Source.Uuid is null)
            {
                await client.RequireServerAsync(cancellationToken).ConfigureAwait(false);
                tier = TierOf(settings, pool, loggerFactory);
                store = new BlockStore(BlockStoreOptionsOf(settings), tier, pool: pool);
                ServerVolumes volumes = new(client, store, tier, settings, loggerFactory.CreateLogger("datastorefs.opening"));
                return Own(new MountParts(null, null, store, pool) { Server = volumes }, client, tier, store);
            }

            VolumeOpener opener = new(client, loggerFactory.CreateLogger("datastorefs.opening"));
            opened = await opener.OpenAsync(settings.Source, 0, settings.ReadWrite, cancellationToken).ConfigureAwait(false);
            tier = TierOf(settings, pool, loggerFactory);
            tier?.RegisterVolume(opened.Info, settings.Source.Server, new KernelCachePolicy(settings, opened.Info).MaxAge);
            store = new BlockStore(BlockStoreOptionsOf(settings), tier, pool: pool);
            store.AddVolume(opened.Info, client);
            engine = WriteSide.Open(settings, opened.Info, client, store, pool, loggerFactory);
            MountParts parts = new(opened.Info, new VolumeFiles(new N5View(opened.Info), opened.ExportXml), store, pool) { Engine = engine };
            Own(parts, client, tier, store);
            parts.Prefetch(settings, store);
            if (engine is not null)
            {
                parts.Own(engine); // which uses the store and the client
                await WriteSide.ReplayAsync(parts, settings, loggerFactory).ConfigureAwait(false);
            }

            return parts;
        }
        catch (Exception fault)
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
            if (MadeVersion.Explain(settings.Source, opened?.Info.ResolvedVersion, fault) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    private static MountParts Own(MountParts parts, DataStoreClient client, DiskTier? tier, BlockStore store)
    {
        parts.Own(client);
        if (tier is not null)
        {
            parts.Own(tier);
        }

        parts.Own(store); // disposed of before the client and the tier that it uses
        parts.DiskTier = tier;
        return parts;
    }

    private static DiskTier? TierOf(MountSettings settings, NativeBlockPool pool, ILoggerFactory loggerFactory) =>
        settings.DiskCache is null ? null : DiskTier.Open(settings.DiskCache, pool, loggerFactory.CreateLogger("datastorefs.disk"));

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
