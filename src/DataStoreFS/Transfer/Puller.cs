using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Transfer;

/// <summary>Downloads a dataset, or goes on with a download that an earlier run began.</summary>
/// <param name="client">The server.</param>
/// <param name="counters">Told how far it is.</param>
/// <param name="say">Receives one line for each thing that a person should know meanwhile. Any thread.</param>
/// <param name="logger">For what opening the dataset finds.</param>
public sealed class Puller(IDataStoreClient client, TransferCounters counters, Action<string> say, ILogger logger)
{
    /// <exception cref="DataStoreException">What keeps the dataset from being read, or the folder from being written. Running it again goes
    /// on.</exception>
    public async Task<PullResult> RunAsync(PullRequest request, CancellationToken cancellationToken)
    {
        request.Settings.Check();
        VolumeOpener opener = new(client, logger);
        OpenedVolume opened = await opener.OpenAsync(request.Source, 0, writable: false, cancellationToken).ConfigureAwait(false);
        PullPlan plan = new(opened, request);
        foreach (SetupInfo setup in plan.Unreachable)
        {
            say($"setup {setup.Id} ({ForeignText.Shown(setup.Name)}) has no address of its own on a DataStore; its blocks stay missing");
        }

        PullImage[] wanted = [.. plan.Images.Where(image => image.IsWanted)];
        counters.Expect(wanted.Sum(image => image.Level.Grid.Count));
        PullFolder folder = new(request.Folder);
        using ProgressFile progress = folder.OpenProgress(plan, out bool resumed);
        if (resumed)
        {
            ForgetLost(wanted, folder, progress);
            say("going on where an earlier run stopped");
        }

        folder.WriteAttributes(plan);
        PullDownload download = new(client, counters, request.Settings, say);
        Watermarks watermarks = await download.RunAsync(plan, folder, progress, cancellationToken).ConfigureAwait(false);
        long blocks = wanted.Sum(image => Verify(image, watermarks.Of(image.Ordinal), folder));
        folder.WriteXml(opened.ExportXml.Span);
        folder.EndProgress();
        return new PullResult(folder.XmlPath, opened.Info, resumed, blocks, counters.Total - blocks, counters.Bytes);
    }

    /// <summary>
    /// Images that have fewer files than their earlier run wrote are fetched again: a power cut takes what was not on the disk yet.
    /// </summary>
    private void ForgetLost(IEnumerable<PullImage> images, PullFolder folder, ProgressFile progress)
    {
        foreach (PullImage image in images)
        {
            ImageProgress known = progress[image.Ordinal];
            if (known.Done > 0 && folder.CountBlocks(image, known.Done) != known.Blocks)
            {
                say($"{image.Name} has lost block files since; it is fetched again");
                progress.Forget(image.Ordinal);
            }
        }
    }

    private static long Verify(PullImage image, ImageProgress fetched, PullFolder folder)
    {
        long files = folder.CountBlocks(image, long.MaxValue);
        return fetched.Done == image.Level.Grid.Count && files == fetched.Blocks
            ? files
            : throw new DataStoreException(
                DataStoreErrorKind.Local,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{image.Name} has {files} block files, but {fetched.Blocks} were fetched: "
                        + $"something else changes this folder; pull again to mend it"));
    }
}
