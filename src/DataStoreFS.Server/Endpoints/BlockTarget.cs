using DataStoreFS.Model;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// What the first part of a block URL names: dataset, resolution and version, checked in the original's order. Finds the level folders of a
/// block, and remembers the last ones, since the blocks of a request usually share them.
/// </summary>
internal sealed class BlockTarget
{
    private readonly DatasetFolder _folder;
    private readonly SpimDocument _document;
    private readonly Size3 _factors;
    private readonly int[] _versions;
    private readonly LevelFolder?[] _levels;
    private (int Timepoint, int Channel, int Angle)? _known;

    private BlockTarget(DatasetFolder folder, Size3 factors, int? version)
    {
        _folder = folder;
        _factors = factors;
        Version = version;
        _versions = version is int number ? [number] : [.. folder.Versions.Reverse()];
        _document = folder.AddressDocument();
        _levels = new LevelFolder?[_versions.Length];
    }

    /// <summary>Null for mixedLatest.</summary>
    public int? Version { get; }

    public DatasetFolder Folder => _folder;

    /// <summary>Takes segments 1 to 5 of a path (uuid, three factors, version).</summary>
    /// <exception cref="Refusal">404 for factors that are no numbers, 400 for the version, 500 for an unknown dataset.</exception>
    /// <param name="path">The request's path.</param>
    /// <param name="datasets">What is served.</param>
    /// <param name="quirks">With <see cref="OriginalQuirks.PhantomVersions"/>, a version that does not exist is created.</param>
    public static BlockTarget Parse(RequestPath path, DatasetRegistry datasets, OriginalQuirks quirks)
    {
        Size3 factors = new(path.Int(2, "RxParam"), path.Int(3, "RyParam"), path.Int(4, "RzParam"));
        int? version = VersionText.Parse(path[5]);
        DatasetFolder folder = datasets.Folder(path.Text(1)) ?? throw Refusal.Internal();
        BlockTarget target = new(folder, factors, version);
        if (version is int number && quirks.HasFlag(OriginalQuirks.PhantomVersions) && !folder.HasVersion(number))
        {
            DatasetTree.WriteRoot(folder.VersionPath(number));
            folder.Forget();
        }

        return target;
    }

    /// <summary>The level of a block in each version to look into, newest first; null where a version lacks it.</summary>
    /// <exception cref="Refusal">400: no such channel and angle. 500: no such timepoint or resolution.</exception>
    public ReadOnlySpan<LevelFolder?> LevelsOf(in BlockAddress block)
    {
        if (_known != (block.Timepoint, block.Channel, block.Angle))
        {
            int setup = Setup(block.Channel, block.Angle);
            for (int i = 0; i < _versions.Length; i++)
            {
                _levels[i] = Find(_versions[i], setup, block.Timepoint);
            }

            // Attributes come from the highest version only, even in mixedLatest.
            if (_levels.Length == 0 || _levels[0] is null)
            {
                throw Refusal.NullPointer();
            }

            _known = (block.Timepoint, block.Channel, block.Angle);
        }

        return _levels;
    }

    /// <summary>The level at full resolution, where the original looks for the voxel type; null when the dataset has none.</summary>
    public LevelFolder? FullResolution(int timepoint, int channel, int angle)
    {
        int setup = Setup(channel, angle);
        return _versions.Length == 0 ? null : _folder.Levels(_versions[0], setup, timepoint).Find(new Size3(1, 1, 1));
    }

    private int Setup(int channel, int angle)
    {
        int setup = _document.SetupOf(channel, angle);
        return setup >= 0 ? setup : throw new Refusal(400, $"Channel={channel} and angle={angle} not found.");
    }

    private LevelFolder? Find(int version, int setup, int timepoint)
    {
        try
        {
            return _folder.Levels(version, setup, timepoint).Find(_factors);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw Refusal.Internal(e);
        }
    }
}
