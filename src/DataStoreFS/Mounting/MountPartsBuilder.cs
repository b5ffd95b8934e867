using DataStoreFS.Blocks;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using DataStoreFS.Tree;
using DataStoreFS.Views;
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
        try
        {
            VolumeOpener opener = new(client, loggerFactory.CreateLogger("datastorefs.opening"));
            OpenedVolume opened = await opener.OpenAsync(settings.Source, 0, settings.ReadWrite, cancellationToken).ConfigureAwait(false);
            store = new BlockStore(BlockStoreOptionsOf(settings));
            store.AddVolume(opened.Info, client);
            MountParts parts = new(opened.Info, new VolumeFiles(new N5View(opened.Info), opened.ExportXml), store, pool);
            parts.Own(client);
            parts.Own(store); // disposed of before the client that it uses
            return parts;
        }
        catch
        {
            if (store is not null)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }

            await client.DisposeAsync().ConfigureAwait(false);
            pool.Dispose();
            throw;
        }
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
