using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Views;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Opening;

/// <summary>
/// The dimensions of every level. Where rounding leaves a choice, a few blocks at the far edge are read; a level whose blocks do not tell
/// follows the other levels of that size, and rounds down if none tells, as the server's own trees do.
/// </summary>
internal sealed partial class LevelSizes(
    IDataStoreClient client, string uuid, DatasetDescription dataset, BdvXml xml, ILogger logger)
{
    private readonly Dictionary<Size3, IReadOnlyList<LevelInfo>> _levels = [];
    private readonly ILogger _logger = logger;
    private bool _silent;

    /// <exception cref="DataStoreException">Unauthorized: nothing could be read later, either. Other faults of these reads are logged.</exception>
    public async Task SettleAsync(IReadOnlyList<SetupAddress> setups, CancellationToken cancellationToken)
    {
        foreach (IGrouping<Size3, SetupAddress> same in setups.GroupBy(setup => setup.Size))
        {
            LevelEdge[] edges = [.. dataset.Levels.Select(level => new LevelEdge(same.Key, level))];
            Rounding[] roundings = new Rounding[edges.Length];
            SetupAddress[] readable = [.. same.Where(setup => setup.Addressable)];
            for (int level = 0; level < edges.Length; level++)
            {
                if (edges[level].IsAmbiguous && readable.Length > 0)
                {
                    roundings[level] = await ProbeAsync(edges[level], dataset.Levels[level], readable, cancellationToken).ConfigureAwait(false);
                    LogRounding(uuid, level, roundings[level]);
                }
            }

            bool up = roundings.Contains(Rounding.Up) && !roundings.Contains(Rounding.Down);
            _levels[same.Key] = [.. dataset.Levels.Select((level, index) =>
            {
                Rounding rounding = roundings[index] == Rounding.Unknown && up ? Rounding.Up : roundings[index];
                return new LevelInfo(index, level.Factors, LevelEdge.Dimensions(same.Key, level.Factors, rounding), level.BlockSize);
            })];
        }
    }

    public IReadOnlyList<LevelInfo> LevelsOf(Size3 size) => _levels[size];

    /// <summary>One request for an image; two more of other setups and timepoints only if that has none of the blocks.</summary>
    private async Task<Rounding> ProbeAsync(LevelEdge edge, DescribedLevel level, SetupAddress[] setups, CancellationToken cancellationToken)
    {
        (SetupAddress Setup, int[] Timepoints)[] recorded =
        [
            .. setups.Select(setup => (setup, xml.TimepointIds.Where(id => !xml.MissingViews.Contains(new BdvView(id, setup.Setup.Id))).ToArray()))
                .Where(views => views.Item2.Length > 0),
        ];
        if (recorded.Length == 0)
        {
            return Rounding.Unknown;
        }

        ((SetupAddress first, int[] ofFirst), (SetupAddress last, int[] ofLast)) = (recorded[0], recorded[^1]);
        (SetupAddress Setup, int Timepoint)[] images = [(first, ofFirst[0]), (last, ofLast[ofLast.Length / 2]), (first, ofFirst[^1])];
        foreach ((SetupAddress setup, int timepoint) in images.Distinct())
        {
            ImageAddress image = new(uuid, level.Factors, setup.Version, timepoint, setup.Setup.Channel, setup.Setup.Angle);
            Rounding rounding = await ReadAsync(edge, level, image, cancellationToken).ConfigureAwait(false);
            if (rounding != Rounding.Unknown)
            {
                return rounding;
            }
        }

        return Rounding.Unknown;
    }

    private async Task<Rounding> ReadAsync(LevelEdge edge, DescribedLevel level, ImageAddress image, CancellationToken cancellationToken)
    {
        if (_silent)
        {
            return Rounding.Unknown;
        }

        IReadOnlyList<Size3> probes = edge.Probes();
        StoredSizes sizes = new(probes.Count);

        // One voxel of each is kept; it is the stored size that matters.
        BlockRequest[] requests = [.. probes.Select(at =>
            new BlockRequest((int)at.X, (int)at.Y, (int)at.Z, new Size3(1, 1, 1), level.BlockSize, dataset.VoxelType.Bytes()))];
        try
        {
            await client.ReadBlocksAsync(image, requests, sizes, cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException fault) when (fault.Kind != DataStoreErrorKind.Unauthorized)
        {
            // What is wrong here is wrong for a program's reads too, and belongs there. Mounting does not wait again for a server that is not there;
            // one that answers may do so for another image.
            _silent |= !fault.IsAnswer;
            LogUnread(uuid, fault.Message);
        }

        Rounding[] said =
        [
            .. probes.Select((at, index) => edge.Judge(at, sizes.Sizes[index])).Where(rounding => rounding != Rounding.Unknown).Distinct(),
        ];
        return said.Length == 1 ? said[0] : Rounding.Unknown;
    }

    [LoggerMessage(
        Level = LogLevel.Debug, Message = "Dataset {Uuid}: blocks at the far edge of level {Level} say that its size was rounded: {Rounding}")]
    private partial void LogRounding(string uuid, int level, Rounding rounding);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Dataset {Uuid}: the sizes of its levels are taken as rounded down, because blocks at their edges cannot be read: {Reason}")]
    private partial void LogUnread(string uuid, string reason);
}
