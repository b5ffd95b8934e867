using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.Remote;

namespace DataStoreFS.WriteBack;

/// <summary>Between this process's keys and the server's addresses, for the volumes that are mounted.</summary>
internal sealed class BlockAddresses
{
    private readonly ConcurrentDictionary<int, VolumeInfo> _volumes = new();
    private readonly ConcurrentDictionary<ImageKey, ImageAddress> _byKey = new();
    private readonly ConcurrentDictionary<ImageAddress, IReadOnlyList<ImageKey>> _byAddress = new();

    public void Add(VolumeInfo volume) => _volumes[volume.Volume] = volume;

    /// <summary>False: the server has no place for the block, and under its address may be another one.</summary>
    public bool Has(in BlockKey key) => VolumeOf(key.Image).IsAddressable(key.Setup, key.Timepoint);

    /// <exception cref="InvalidOperationException">The key's volume was not added.</exception>
    /// <exception cref="DataStoreException">NotPermitted: see <see cref="Has"/>.</exception>
    public BlockAddress Of(in BlockKey key)
    {
        if (!_byKey.TryGetValue(key.Image, out ImageAddress? address))
        {
            address = _byKey.GetOrAdd(key.Image, Make(key.Image));
            ImageKey image = key.Image;
            _byAddress.AddOrUpdate(address, _ => [image], (_, known) => known.Contains(image) ? known : [.. known, image]);
        }

        return new BlockAddress(address, key.X, key.Y, key.Z);
    }

    /// <summary>
    /// The keys under which this process has asked for the block; several when a version is mounted twice. None for a replayed block that nobody
    /// has looked at yet, of which no cache can have anything either.
    /// </summary>
    public IEnumerable<BlockKey> KeysOf(BlockAddress address) =>
        _byAddress.TryGetValue(address.Image, out IReadOnlyList<ImageKey>? images) ? images.Select(i => i.At(address.X, address.Y, address.Z)) : [];

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
                $"setup {setup.Id} at timepoint {volume.TimepointIds[image.Timepoint]} has no address on a DataStore, so its blocks cannot be written");
        }

        return new ImageAddress(
            volume.Uuid, setup.Levels[image.Level].Factors, setup.Version, volume.TimepointIds[image.Timepoint], setup.ChannelId, setup.AngleId);
    }
}
