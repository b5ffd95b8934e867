using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.Remote;

namespace DataStoreFS.WriteBack;

/// <summary>Between this process's keys and the server's addresses, for the volumes that are mounted.</summary>
internal sealed class BlockAddresses
{
    private readonly ConcurrentDictionary<int, VolumeInfo> _volumes = new();
    private readonly ConcurrentDictionary<ImageKey, ImageAddress> _byKey = new();

    // Emptied when a volume comes; who is just looking one up leaves what it finds in the emptied one's predecessor.
    private volatile ConcurrentDictionary<ImageAddress, IReadOnlyList<ImageKey>> _byAddress = new();

    public void Add(VolumeInfo volume)
    {
        _volumes[volume.Volume] = volume;
        _byAddress = new ConcurrentDictionary<ImageAddress, IReadOnlyList<ImageKey>>();
    }

    /// <summary>False: the server has no place for the block, and under its address may be another one.</summary>
    public bool Has(in BlockKey key) => VolumeOf(key.Image).IsAddressable(key.Setup, key.Timepoint);

    /// <exception cref="InvalidOperationException">The key's volume was not added.</exception>
    /// <exception cref="DataStoreException">NotPermitted: see <see cref="Has"/>.</exception>
    public BlockAddress Of(in BlockKey key)
    {
        ImageAddress address = _byKey.TryGetValue(key.Image, out ImageAddress? known) ? known : _byKey.GetOrAdd(key.Image, Make(key.Image));
        return new BlockAddress(address, key.X, key.Y, key.Z);
    }

    /// <summary>
    /// Every key of the block, whether it has been asked for or not: caches on disk remember blocks of earlier processes. Several when a version is
    /// mounted twice, none when its dataset or version is not mounted.
    /// </summary>
    public IEnumerable<BlockKey> KeysOf(BlockAddress address) => _byAddress.GetOrAdd(address.Image, Find)
        .Where(i => _volumes[i.Volume].Setups[i.Setup].Levels[i.Level].Contains(address.X, address.Y, address.Z))
        .Select(i => i.At(address.X, address.Y, address.Z));

    private IReadOnlyList<ImageKey> Find(ImageAddress address) =>
    [
        .. from volume in _volumes.Values
           where volume.Uuid == address.Uuid
           from timepoint in Enumerable.Range(0, volume.TimepointIds.Count)
           where volume.TimepointIds[timepoint] == address.Timepoint
           from setup in Enumerable.Range(0, volume.Setups.Count)
           where IsOf(volume.Setups[setup], address) && volume.IsAddressable(setup, timepoint)
           from level in Enumerable.Range(0, volume.Setups[setup].Levels.Count)
           where volume.Setups[setup].Levels[level].Factors == address.Resolution
           select new ImageKey(volume.Volume, setup, timepoint, level),
    ];

    private static bool IsOf(SetupInfo setup, ImageAddress address) =>
        setup.Version == address.Version && setup.ChannelId == address.Channel && setup.AngleId == address.Angle;

    private VolumeInfo VolumeOf(ImageKey image) => _volumes.TryGetValue(image.Volume, out VolumeInfo? volume)
        ? volume
        : throw new InvalidOperationException($"volume {image.Volume} was not added to the write side");

    private ImageAddress Make(ImageKey image)
    {
        VolumeInfo volume = VolumeOf(image);
        SetupInfo setup = volume.Setups[image.Setup];
        if (!volume.IsAddressable(image.Setup, image.Timepoint))
        {
            throw new DataStoreException(
                DataStoreErrorKind.NotPermitted,
                $"setup {setup.Id} at timepoint {volume.TimepointIds[image.Timepoint]} has no address on a DataStore: its blocks cannot be written");
        }

        return new ImageAddress(
            volume.Uuid, setup.Levels[image.Level].Factors, setup.Version, volume.TimepointIds[image.Timepoint], setup.ChannelId, setup.AngleId);
    }
}
