using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Blocks;

/// <summary>A volume as the block store uses it: where its blocks come from, and how long they are good.</summary>
internal sealed class Volume
{
    private readonly bool[] _unchanging;
    private readonly bool _failsWhenMissing;
    private readonly TimeSpan _maxAge;
    private readonly TimeSpan _missingMaxAge;
    private readonly TimeProvider _time;

    public Volume(VolumeInfo info, IDataStoreClient client, BlockStoreOptions options, TimeProvider time)
    {
        Info = info;
        Client = client;
        _time = time;
        _maxAge = options.MaxAge;
        _missingMaxAge = options.MissingMaxAge < options.MaxAge ? options.MissingMaxAge : options.MaxAge;
        _failsWhenMissing = !info.HasFullResolution;
        _unchanging = [.. info.Setups.Select(setup => !info.MayChange(setup))];
    }

    public VolumeInfo Info { get; }

    public IDataStoreClient Client { get; }

    public bool IsFresh(in BlockKey key, long fetched) => IsYoung(key, fetched, _maxAge);

    public bool IsMissingFresh(in BlockKey key, long fetched) => IsYoung(key, fetched, _missingMaxAge);

    /// <summary>What is left of the time for which that is fresh.</summary>
    public TimeSpan MissingFor(in BlockKey key, long fetched)
    {
        if (_unchanging[key.Setup] || _missingMaxAge == TimeSpan.MaxValue)
        {
            return TimeSpan.MaxValue;
        }

        TimeSpan left = _missingMaxAge - _time.GetElapsedTime(fetched);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Whether others may write blocks of this setup's version.</summary>
    public bool MayChange(in BlockKey key) => !_unchanging[key.Setup];

    public bool IsAddressable(in BlockKey key) => Info.IsAddressable(key.Setup, key.Timepoint);

    public ImageAddress Address(ImageKey image)
    {
        SetupInfo setup = Info.Setups[image.Setup];
        return new ImageAddress(
            Info.Uuid, setup.Levels[image.Level].Factors, setup.Version, Info.TimepointIds[image.Timepoint], setup.ChannelId, setup.AngleId);
    }

    public BlockRequest Request(in BlockKey key)
    {
        LevelInfo level = Info.Level(key);
        return new BlockRequest(key.X, key.Y, key.Z, level.SizeAt(key.X, key.Y, key.Z), level.BlockSize, Info.VoxelType.Bytes())
        {
            FailsWhenMissing = _failsWhenMissing,
        };
    }

    /// <summary>Memory of one full block of this level, whole pages as the pool gives them out.</summary>
    public long BlockBytes(in BlockKey key)
    {
        long bytes = BlockBuffer.HeaderBytes + (Info.Level(key).BlockSize.Count * Info.VoxelType.Bytes());
        return (bytes + 4095) & ~4095L;
    }

    private bool IsYoung(in BlockKey key, long fetched, TimeSpan age) =>
        _unchanging[key.Setup] || age == TimeSpan.MaxValue || _time.GetElapsedTime(fetched) < age;
}
