using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;

namespace DataStoreFS.Transfer;

/// <summary>Which images are fetched, and how their files are written.</summary>
internal sealed class PullPlan
{
    private readonly VolumeInfo _volume;
    private readonly string _source;

    /// <exception cref="DataStoreException">Usage: a filter names what the dataset does not have, or a compression that there is not.</exception>
    public PullPlan(OpenedVolume opened, PullRequest request)
    {
        _volume = opened.Info;
        _source = $"{request.Source.Server}/datasets/{_volume.Uuid}/{_volume.ResolvedVersion}";
        Opened = opened;
        ImageFilter filter = new(request.Setups, request.Timepoints, request.Levels);
        filter.RequireKnown(_source, _volume);
        Compression = CompressionOf(request);
        Images = [.. ImagesOf(filter)];
        Wanted = string.Join('/', Text(request.Setups), Text(request.Timepoints), Text(request.Levels));
    }

    public OpenedVolume Opened { get; }

    public N5Compression Compression { get; }

    /// <summary>By timepoint, then setup, then level.</summary>
    public IReadOnlyList<PullImage> Images { get; }

    /// <summary>The filters as text.</summary>
    public string Wanted { get; }

    /// <summary>What two runs must have in common to be one download, in one line.</summary>
    public string Describe() => $"{_source} {Compression.Name} {Wanted}";

    /// <summary>Setups that the protocol has no address for.</summary>
    public IEnumerable<SetupInfo> Unreachable => _volume.Setups.Where(setup => !setup.Addressable);

    private IEnumerable<PullImage> ImagesOf(ImageFilter filter)
    {
        int ordinal = 0;
        for (int position = 0; position < _volume.TimepointIds.Count; position++)
        {
            int timepoint = _volume.TimepointIds[position];
            foreach (SetupInfo setup in _volume.Setups)
            {
                bool exists = _volume.IsAddressable(setup.Index, position);
                foreach (LevelInfo level in setup.Levels)
                {
                    ImageAddress address = new(_volume.Uuid, level.Factors, setup.Version, timepoint, setup.ChannelId, setup.AngleId);
                    string name = LocalDataset.ImageName(setup.Id, timepoint, level.Index);
                    yield return new PullImage(ordinal++, name, address, level, exists && filter.Wants(setup.Id, timepoint, level.Index));
                }
            }
        }
    }

    private N5Compression CompressionOf(PullRequest request)
    {
        if (request.Compression is null)
        {
            return N5Compression.TryFromName(_volume.Compression, out N5Compression own) ? own : N5Compression.Gzip;
        }

        return N5Compression.TryFromName(request.Compression, out N5Compression compression)
            ? compression
            : throw new DataStoreException(
                DataStoreErrorKind.Usage,
                $"compression '{ForeignText.Shown(request.Compression)}' is not supported; raw, gzip, lz4, bzip2 and xz are");
    }

    private static string Text(IReadOnlySet<int>? ids) => ids is null ? "all" : string.Join(',', ids.Order());
}

/// <summary>One image of a download.</summary>
/// <param name="Ordinal">Position in <see cref="PullPlan.Images"/>.</param>
/// <param name="Name">Its folder below the N5 folder.</param>
/// <param name="Address">On the server.</param>
/// <param name="Level">Geometry.</param>
/// <param name="IsWanted">Whether its blocks are fetched.</param>
internal sealed record PullImage(int Ordinal, string Name, ImageAddress Address, LevelInfo Level, bool IsWanted);
