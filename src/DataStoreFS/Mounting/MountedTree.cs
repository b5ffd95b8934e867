using DataStoreFS.Model;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Mounting.Server;
using DataStoreFS.Mounting.Writing;
using DataStoreFS.Overlay;
using DataStoreFS.Tree;
using DataStoreFS.WriteBack;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>What the kernel is shown: one volume that can be read, one that can be written, or a whole server.</summary>
/// <param name="Files">Answers the kernel.</param>
/// <param name="State">Of the whole mount.</param>
/// <param name="IdOf">The node of a block; null when no volume that is open has it.</param>
/// <param name="Description">For the log.</param>
internal sealed record MountedTree(FuseFileSystem Files, MountState State, Func<BlockKey, ulong?> IdOf, string Description)
{
    /// <exception cref="DataStoreException">The tree cannot be shown, or its overlay not be used.</exception>
    public static MountedTree Create(MountSettings settings, MountParts parts, ILogger logger) =>
        parts.Server is { } server ? OfServer(settings, server, logger) : OfVolume(settings, parts, parts.Volume!, logger);

    private static MountedTree OfServer(MountSettings settings, ServerVolumes server, ILogger logger)
    {
        IReadOnlyList<string> known = settings.DatasetsFile is null ? [] : ServerNames.ReadFile(settings.DatasetsFile);
        MountState state = MountState.Create(settings.MaxAge, settings.MissingAge, logger);
        server.State = state;
        return new MountedTree(
            new ServerFileSystem(server, new ServerFolders(known), settings),
            state,
            key => server.IdOf(key),
            $"a whole server, of which {known.Count} datasets are listed; others appear when they are named");
    }

    private static MountedTree OfVolume(MountSettings settings, MountParts parts, VolumeInfo volume, ILogger logger)
    {
        VolumeTree tree = new(volume, parts.Files!);
        RequireReadable(tree);
        MountState state = MountState.Create(new KernelCachePolicy(settings, volume).MaxAge, settings.MissingAge, logger);
        TreeContext context = new(tree, parts.Blocks, settings, state)
        {
            Prefetcher = parts.Prefetcher,
            Written = parts.Engine is null ? null : new BlockWriteBuffers(),
        };
        return new MountedTree(
            settings.IsWritable ? Writable(settings, context, parts, logger) : new DataStoreFileSystem(new TreeHandlers(context)),
            state,
            key => tree.IdOf(Node.Of(key)),
            $"version {volume.ResolvedVersion}, {volume.Setups.Count} setups, {volume.TimepointIds.Count} timepoints, "
                + $"{tree.Codec.Count} files and folders");
    }

    private static WritableFileSystem Writable(MountSettings settings, TreeContext context, MountParts parts, ILogger logger)
    {
        OverlayStore overlay = OverlayStore.Open(
            settings.OverlayFolder ?? StateFolders.Overlay(settings.Source), new OverlayLower(context.Tree, context.Attributes));
        parts.Own(new Disposal(overlay));
        return new WritableFileSystem(context, overlay, parts.Engine, parts.Pool, logger);
    }

    /// <summary>Asks the tree itself rather than the mount: a daemon that touches its own mount waits for itself.</summary>
    private static void RequireReadable(VolumeTree tree)
    {
        if (!tree.TryFind(new Node(NodeKind.Top), NodeNames.ExportXml, out Node xml) || tree.ContentOf(xml).IsEmpty)
        {
            throw new DataStoreException(DataStoreErrorKind.Protocol, $"dataset {tree.Volume.Uuid} has no export.xml that could be shown");
        }
    }
}
