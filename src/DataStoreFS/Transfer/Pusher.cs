using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Transfer;

/// <summary>Uploads a local dataset: makes a dataset on the server, or goes on with the one that an earlier run made, and sends the blocks.</summary>
/// <param name="client">The server.</param>
/// <param name="creator">The same.</param>
/// <param name="pool">Memory for blocks.</param>
/// <param name="counters">Told how far it is.</param>
/// <param name="say">Receives one line for each thing that a person should know meanwhile. Any thread.</param>
/// <param name="logger">For what opening the dataset finds.</param>
public sealed class Pusher(
    IDataStoreClient client, IDatasetCreator creator, NativeBlockPool pool, TransferCounters counters, Action<string> say, ILogger logger)
{
    /// <exception cref="DataStoreException">What is wrong with the local dataset, or what keeps the server from taking it. Running it again goes
    /// on.</exception>
    public async Task<PushResult> RunAsync(PushRequest request, CancellationToken cancellationToken)
    {
        TransferSettings settings = request.Settings;
        settings.Check();
        string? label = DatasetLabel.Check(request.Label);
        LocalDataset local = LocalDatasetReader.Read(request.XmlPath);
        N5Compression compression = CompressionOf(request, local);
        PushPlan plan = new(local);
        foreach (string note in plan.Notes)
        {
            say(note);
        }

        DateTimeOffset began = settings.Time.GetUtcNow();
        long blocks = CountBlocks(local, cancellationToken);
        counters.Expect(blocks);

        using ProgressFile progress = ProgressFile.Open(PushState.PathOf(request.StateFolder, local.XmlPath, client.Server));
        PushState? earlier = request.Anew ? null : await FindEarlierAsync(progress, local, label, request, cancellationToken).ConfigureAwait(false);
        PushState state = earlier ?? await CreateAsync(progress, plan, local, label, compression, began, cancellationToken).ConfigureAwait(false);
        say($"{(earlier is null ? "made" : "going on with")} {client.Server}/datasets/{state.Uuid}");

        PushUpload upload = new(client, pool, counters, settings, say);
        await upload.RunAsync(local, image => plan.Address(state.Uuid, image), progress, state.Began, cancellationToken).ConfigureAwait(false);
        await SettleLevelsAsync(local, plan, state.Uuid, cancellationToken).ConfigureAwait(false);
        progress.Finish(began);
        SourceAddress source = new(client.Server, state.Uuid, null);
        return new PushResult(source, earlier is not null, blocks, counters.Done - counters.Skipped, counters.Bytes);
    }

    private static N5Compression CompressionOf(PushRequest request, LocalDataset local) =>
        request.Compression is null ? local.Images[0].Compression
        : N5Compression.TryFromName(request.Compression, out N5Compression compression) ? compression
        : throw new DataStoreException(
            DataStoreErrorKind.Usage, $"compression '{ForeignText.Shown(request.Compression)}' is not supported; raw, gzip, lz4, bzip2 and xz are");

    private long CountBlocks(LocalDataset local, CancellationToken cancellationToken)
    {
        long blocks = 0;
        int outside = 0;
        string? example = null;
        foreach (LocalImage image in local.Images)
        {
            foreach (LocalBlock _ in LocalBlocks.In(image.Folder, image.Level, path => (outside, example) = (outside + 1, example ?? path)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                blocks++;
            }
        }

        if (outside > 0)
        {
            say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{outside} files or folders lie outside of their level's grid and are left out, such as {example}"));
        }

        return blocks;
    }

    /// <summary>The dataset of an earlier run; null when there was none, or the server does not have it any more.</summary>
    private async Task<PushState?> FindEarlierAsync(
        ProgressFile progress, LocalDataset local, string? label, PushRequest request, CancellationToken cancellationToken)
    {
        if (progress.Header is null)
        {
            return null;
        }

        PushState? state = PushState.Parse(progress.Header);
        string? difference =
            state is null ? "that was another version of this program"
            : state.Fingerprint != PushState.FingerprintOf(local) ? $"{local.XmlPath} or its attributes have changed since"
            : label is not null && state.Label != label ? $"its label is {(state.Label is null ? "none" : $"'{state.Label}'")}"
            : request.Compression is not null
                && !state.Compression.Equals(request.Compression, StringComparison.OrdinalIgnoreCase) ? $"its compression is {state.Compression}"
            : null;
        if (difference is not null)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Refused,
                $"{local.XmlPath} was already pushed to {client.Server}{(state is null ? "" : $"/datasets/{state.Uuid}")}, and {difference}; "
                    + "use --new to make another dataset");
        }

        try
        {
            string json = await client.GetDatasetJsonAsync(state!.Uuid, cancellationToken).ConfigureAwait(false);

            // A block of a version that is not listed would make that version anew, and readers would take it for the newest.
            return DatasetDescription.Parse(json).Versions.Contains(PushPlan.FirstVersion) ? state : throw new DataStoreException(
                DataStoreErrorKind.Refused,
                $"{client.Server}/datasets/{state.Uuid} of an earlier run has no version {PushPlan.FirstVersion} any more; "
                    + "use --new to make another dataset");
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.NotFound)
        {
            say($"{client.Server} does not have dataset {state!.Uuid} of the earlier run any more; beginning anew");
            return null;
        }
    }

    private async Task<PushState> CreateAsync(
        ProgressFile progress, PushPlan plan, LocalDataset local, string? label, N5Compression compression, DateTimeOffset began,
        CancellationToken cancellationToken)
    {
        string uuid;
        try
        {
            uuid = await creator.CreateDatasetAsync(plan.CreateBody(label, compression.Name), cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException fault) when (fault.Kind is DataStoreErrorKind.Timeout)
        {
            throw new DataStoreException(
                fault.Kind, $"{fault.Message}; if it has made the dataset all the same, that one is empty and nobody's", fault);
        }

        PushState state = new(uuid, began, PushState.FingerprintOf(local), label, compression.Name);
        progress.Start(state.ToHeader(client.Server, local.XmlPath));
        return state;
    }

    /// <summary>Opens the dataset as a mount does, and helps it to the true sizes of levels where the blocks that would tell are missing.</summary>
    private async Task SettleLevelsAsync(LocalDataset local, PushPlan plan, string uuid, CancellationToken cancellationToken)
    {
        LevelInfo[] wrong = await WrongLevelsAsync(local, uuid, cancellationToken).ConfigureAwait(false);
        bool marked = false;
        foreach (LevelInfo level in wrong)
        {
            ImageAddress image = plan.MarkedImage(uuid, level);
            if (LevelMarks.CanTell(local.Dimensions, level) && !LevelMarks.IsTaken(plan, local, image, level))
            {
                marked = true;
                await LevelMarks.MarkAsync(local.Dimensions, level, local.VoxelType, image, client, pool, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (LevelInfo level in marked ? await WrongLevelsAsync(local, uuid, cancellationToken).ConfigureAwait(false) : wrong)
        {
            say(
                $"level {level.Index} has {level.Dimensions} voxels here, but readers of the dataset will find another size, "
                    + "since no block at its edge tells");
        }
    }

    private async Task<LevelInfo[]> WrongLevelsAsync(LocalDataset local, string uuid, CancellationToken cancellationToken)
    {
        VolumeOpener opener = new(client, logger);
        OpenedVolume opened = await opener.OpenAsync(
            new SourceAddress(client.Server, uuid, "0"), 0, writable: false, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<LevelInfo> found = opened.Info.Setups[0].Levels;
        return [.. local.Levels.Where(level => found.Count != local.Levels.Count || found[level.Index].Dimensions != level.Dimensions)];
    }
}
