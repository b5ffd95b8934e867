using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Views;

namespace DataStoreFS.Opening;

/// <summary>
/// Finds out which setups the protocol can reach. The server turns (channel, angle) into the first setup, by id, that has both in version 0's
/// XML; any other tile or illumination of them is out of reach, and must not be shown with the first one's voxels.
/// </summary>
internal sealed class SetupMap
{
    private readonly DatasetDescription _dataset;

    /// <param name="dataset">Gives the size where the XML does not.</param>
    /// <param name="shown">The setups of the tree.</param>
    /// <param name="addressing">The setups of version 0; the shown ones themselves in a tree of all versions, which renumbers them.</param>
    /// <param name="version">The version of the tree: a number, <c>mixedLatest</c>, or <c>all</c>.</param>
    public SetupMap(DatasetDescription dataset, IReadOnlyList<BdvSetup> shown, IReadOnlyList<BdvSetup> addressing, string version)
    {
        _dataset = dataset;
        bool all = version == "all";
        Dictionary<(int? Version, int Channel, int Angle), int> reached = [];
        foreach (BdvSetup setup in addressing)
        {
            reached.TryAdd((all ? setup.Version : null, setup.Channel, setup.Angle), setup.Id);
        }

        Addresses = [.. shown.Select(setup =>
        {
            string? own = all ? VersionOf(setup) : version;
            bool addressable = own is not null
                && reached.TryGetValue((all ? setup.Version : null, setup.Channel, setup.Angle), out int id) && id == setup.Id;
            return new SetupAddress(setup, SizeOf(setup), own ?? VolumeOpener.DefaultVersion, addressable);
        })];
    }

    /// <summary>Ascending by setup id.</summary>
    public IReadOnlyList<SetupAddress> Addresses { get; }

    public IReadOnlyList<SetupInfo> ToSetups(Func<Size3, IReadOnlyList<LevelInfo>> levelsOf) => [.. Addresses.Select((address, index) => new SetupInfo
    {
        Index = index,
        Id = address.Setup.Id,
        Name = address.Setup.Name,
        ChannelId = address.Setup.Channel,
        AngleId = address.Setup.Angle,
        Version = address.Version,
        Levels = levelsOf(address.Size),
        Addressable = address.Addressable,
    })];

    private Size3 SizeOf(BdvSetup setup)
    {
        Size3 size = setup.Size ?? _dataset.Dimensions;
        DatasetLimits.RequireImage(size, _dataset.VoxelType, DataStoreErrorKind.Protocol);
        return size;
    }

    /// <summary>Null unless the dataset lists the version: it would be created by asking for it.</summary>
    private string? VersionOf(BdvSetup setup) => setup.Version switch
    {
        -1 => "mixedLatest",
        int number when _dataset.Versions.Contains(number) => number.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };
}
