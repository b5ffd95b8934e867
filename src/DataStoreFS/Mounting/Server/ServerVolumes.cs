using System.Collections.Concurrent;
using DataStoreFS.Blocks;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Server;

/// <summary>The volumes of a whole-server mount: each is opened when somebody names it, once however many do, and stays open.</summary>
internal sealed class ServerVolumes(
    IDataStoreClient client, BlockStore store, DiskTier? tier, MountSettings settings, ILogger logger)
{
    private readonly ConcurrentDictionary<(string Uuid, string Version), Lazy<Task<TreeHandlers>>> _opening = new();
    private readonly ConcurrentDictionary<ulong, TreeHandlers> _bySlot = new();
    private readonly ConcurrentDictionary<int, TreeHandlers> _byNumber = new();
    private readonly Lock _gate = new();
    private int _count;

    /// <summary>Set before the first volume is opened.</summary>
    public MountState? State { get; set; }

    public int Count => _bySlot.Count;

    /// <summary>The volume that a node belongs to; null when it is not open (the kernel remembers it from an earlier daemon).</summary>
    public TreeHandlers? Find(ulong id) => _bySlot.TryGetValue(ServerIds.SlotOf(id), out TreeHandlers? volume) ? volume : null;

    public ulong? IdOf(in BlockKey key) =>
        _byNumber.TryGetValue(key.Volume, out TreeHandlers? volume) ? volume.Context.Tree.IdOf(Node.Of(key)) : null;

    /// <summary>Opens the volume, or finds it open. Cancelling ends this caller's waiting only.</summary>
    /// <exception cref="DataStoreException">NotFound: the server has no such dataset or version. And whatever kept it from answering.</exception>
    public async Task<TreeHandlers> OpenAsync(string uuid, string version, CancellationToken cancellationToken)
    {
        Lazy<Task<TreeHandlers>> opening = _opening.GetOrAdd(
            (uuid, version), key => new Lazy<Task<TreeHandlers>>(() => OpenAsync(key.Uuid, key.Version)));
        try
        {
            TreeHandlers volume = await opening.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            State!.Faults.Answered();
            return volume;
        }
        catch (DataStoreException)
        {
            _opening.TryRemove(KeyValuePair.Create((uuid, version), opening)); // ask again the next time
            throw;
        }
    }

    /// <summary>The mount is gone: ends the files that were not released.</summary>
    public Task EndAsync(bool isUnmounted) => Task.WhenAll(_bySlot.Values.Select(volume => volume.Files.EndAsync(isUnmounted)));

    /// <summary>The versions that a dataset has now.</summary>
    /// <exception cref="DataStoreException">NotFound: the server does not know the dataset.</exception>
    public async Task<DatasetDescription> DescribeAsync(string uuid, CancellationToken cancellationToken)
    {
        DatasetDescription dataset = DatasetDescription.Parse(await client.GetDatasetJsonAsync(uuid, cancellationToken).ConfigureAwait(false));
        State!.Faults.Answered();
        return dataset;
    }

    /// <summary>Says why a dataset or version cannot be shown. It has no node yet: its place in the log's memory is one that no node has.</summary>
    public void Failed(string path, DataStoreException fault) =>
        State!.Faults.Failed(ulong.MaxValue - (uint)StringComparer.Ordinal.GetHashCode(path), path, fault);

    private async Task<TreeHandlers> OpenAsync(string uuid, string version)
    {
        int number = Interlocked.Increment(ref _count) - 1;
        SourceAddress source = settings.Source with { Uuid = uuid, Version = version };
        OpenedVolume opened = await new VolumeOpener(client, logger).OpenAsync(
            source, number, writable: false, CancellationToken.None).ConfigureAwait(false);
        tier?.RegisterVolume(opened.Info, settings.Source.Server, new KernelCachePolicy(settings, opened.Info).MaxAge);
        store.AddVolume(opened.Info, client);
        VolumeFiles files = new(new N5View(opened.Info), opened.ExportXml);
        TreeHandlers volume;
        lock (_gate)
        {
            ulong first = ServerIds.Volume(uuid, version, id => _bySlot.ContainsKey(ServerIds.SlotOf(id)));
            volume = new TreeHandlers(new TreeContext(new VolumeTree(opened.Info, files, first, $"{uuid}/{version}"), store, settings, State!));
            if (!ServerIds.Fits(volume.Context.Tree.Codec.Count))
            {
                throw new DataStoreException(
                    DataStoreErrorKind.Protocol,
                    $"dataset {uuid} has more than 2^{ServerIds.SlotBits} files and cannot be shown beside others; mount it by itself");
            }

            _byNumber[number] = volume;
            _bySlot[ServerIds.SlotOf(first)] = volume;
        }

        logger.LogInformation(
            "opened {Source}: version {Version}, {Nodes} files and folders", source, opened.Info.ResolvedVersion, volume.Context.Tree.Codec.Count);
        return volume;
    }
}
