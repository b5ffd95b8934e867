using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>The beginning of a mount's write side.</summary>
internal static class WriteSide
{
    /// <returns>Null when blocks cannot be written: not asked for, or not possible in this version.</returns>
    public static WriteBackEngine? Open(
        MountSettings settings, VolumeInfo volume, DataStoreClient client, BlockStore store, NativeBlockPool pool, ILoggerFactory loggerFactory)
    {
        if (!settings.ReadWrite)
        {
            return null;
        }

        ILogger logger = loggerFactory.CreateLogger("datastorefs.write");
        if (!volume.Writable)
        {
            logger.LogWarning(
                "blocks of version {Version} cannot be written, only files beside them; mount a numbered version or 'latest'",
                volume.ResolvedVersion);
            return null;
        }

        WriteBackOptions options = new()
        {
            JournalFolder = settings.JournalFolder ?? StateFolders.Journal(settings.Source with { Version = volume.ResolvedVersion }),
            Server = client.Server,
            Mode = settings.WriteBack,
            JournalSize = settings.JournalBytes,
            Upload = new UploadSettings { GiveUpAfter = settings.RequestTimeout },
        };
        ListedVersions writer = new(client); // the journal may hold blocks of other versions and datasets
        writer.Add(volume.Uuid, volume.Versions);
        WriteBackEngine engine = WriteBackEngine.Open(options, writer, store, pool, null, logger);
        engine.Add(volume);
        store.Writes = engine;
        return engine;
    }

    /// <summary>What an earlier mount left unsent goes to the server before this one is announced.</summary>
    public static async Task ReplayAsync(MountParts parts, MountSettings settings, ILoggerFactory loggerFactory)
    {
        int left = parts.Engine!.Status.PendingBlocks;
        if (left == 0)
        {
            return;
        }

        ILogger logger = loggerFactory.CreateLogger("datastorefs.write");
        logger.LogInformation("{Count} blocks that an earlier mount could not send are sent now", left);
        if (!await parts.TryDrainAsync(settings.RequestTimeout).ConfigureAwait(false))
        {
            logger.LogWarning("{Count} blocks could not be sent yet; they stay in the journal and are tried on", parts.Engine.Status.PendingBlocks);
        }
    }
}
