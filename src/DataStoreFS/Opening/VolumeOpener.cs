using System.Collections.Frozen;
using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Views;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Opening;

/// <summary>
/// Turns the address of a dataset into what a mount has to know, with as few requests as that takes: JSON, XML, seldom a few blocks.
/// </summary>
/// <param name="client">The server that the addresses belong to.</param>
/// <param name="logger">Hears what was assumed.</param>
/// <param name="time">For tests; null: the system's.</param>
public sealed partial class VolumeOpener(IDataStoreClient client, ILogger logger, TimeProvider? time = null)
{
    private readonly ILogger _logger = logger;

    /// <summary>What an address without a version means: the newest of every block.</summary>
    public const string DefaultVersion = "mixedLatest";

    /// <param name="source">Names a dataset, on the client's server.</param>
    /// <param name="volume">The volume's number in this process.</param>
    /// <param name="writable">Whether version <c>new</c> may be made.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <exception cref="DataStoreException"> Usage: the address names no dataset. NotFound: the server knows no such dataset or version. Protocol:
    /// its answers cannot be. And whatever kept the server from answering. </exception>
    public async Task<OpenedVolume> OpenAsync(SourceAddress source, int volume, bool writable, CancellationToken cancellationToken)
    {
        string uuid = source.Uuid
            ?? throw new DataStoreException(
                DataStoreErrorKind.Usage, $"{source} names a server but no dataset; expected {source.Server}/datasets/UUID[/VERSION]");
        DatasetDescription dataset = DatasetDescription.Parse(await client.GetDatasetJsonAsync(uuid, cancellationToken).ConfigureAwait(false));
        if (dataset.Doubt is { } doubt)
        {
            LogDoubt(uuid, doubt);
        }

        string requested = source.Version ?? DefaultVersion;
        VersionChooser chooser = new(client, uuid, dataset, time ?? TimeProvider.System, _logger);
        ChosenVersion chosen = await chooser.ChooseAsync(requested, writable, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<BdvSetup> addressing = await chooser.AddressingSetupsAsync(chosen, cancellationToken).ConfigureAwait(false);

        SetupMap map = new(dataset, chosen.Xml.Setups, addressing, chosen.Resolved);
        LevelSizes sizes = new(client, uuid, dataset, chosen.Xml, _logger);
        await sizes.SettleAsync(map.Addresses, cancellationToken).ConfigureAwait(false);

        VolumeInfo info = new()
        {
            Volume = volume,
            Uuid = uuid,
            RequestedVersion = requested,
            ResolvedVersion = chosen.Resolved,
            VoxelType = dataset.VoxelType,
            Dimensions = map.Addresses.Count > 0 ? map.Addresses[0].Size : dataset.Dimensions,
            VoxelSize = dataset.VoxelSize,
            VoxelUnit = dataset.VoxelUnit,
            Compression = dataset.Compression,
            Label = dataset.Label,
            Versions = chosen.Versions,
            NewestVersion = chosen.Newest,
            TimepointIds = chosen.Xml.TimepointIds,
            Setups = map.ToSetups(sizes.LevelsOf),
            MissingViews = MissingViews(chosen.Xml, map),
        };
        if (!info.HasFullResolution)
        {
            LogNoFullResolution(uuid);
        }

        return new OpenedVolume(info, chosen.Xml.ToExportXml(), dataset);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset {Uuid}: {Doubt}")]
    private partial void LogDoubt(string uuid, string doubt);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Dataset {Uuid} has no level of full resolution, so its server answers an error for each block that was never written; "
            + "that is shown as missing where the server says enough to tell (with Java 14 and newer), and as an error otherwise")]
    private partial void LogNoFullResolution(string uuid);

    // By position. Views of setups or timepoints that the document does not have are nobody's.
    private static FrozenSet<(int Setup, int Timepoint)> MissingViews(BdvXml xml, SetupMap map)
    {
        Dictionary<int, int> setups = map.Addresses.Select((address, index) => (address.Setup.Id, index)).ToDictionary();
        Dictionary<int, int> timepoints = xml.TimepointIds.Select((id, index) => (id, index)).ToDictionary();
        return xml.MissingViews
            .Where(view => setups.ContainsKey(view.Setup) && timepoints.ContainsKey(view.Timepoint))
            .Select(view => (setups[view.Setup], timepoints[view.Timepoint]))
            .ToFrozenSet();
    }
}
