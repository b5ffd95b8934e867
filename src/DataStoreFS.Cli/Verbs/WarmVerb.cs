using System.CommandLine;
using System.Diagnostics;
using DataStoreFS.Cli.Daemon;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Transfers;
using DataStoreFS.Cli.Trees;
using DataStoreFS.Cli.Warming;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Remote;
using DataStoreFS.Transfer;
using DataStoreFS.Warming;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs warm SOURCE|PATH</c>: fills the disk cache of this node.</summary>
internal static class WarmVerb
{
    private const string Name = "warm";

    public static Command Create()
    {
        var place = new Argument<string>("SOURCE|PATH")
        {
            HelpName = "SOURCE|PATH",
            Description = "A dataset, http(s)://HOST:PORT/datasets/UUID[/VERSION], or a folder or file in a mounted tree, "
                + "such as MOUNTPOINT/export.n5/setup0.",
        };
        var filter = new FilterOptions();
        var options = new MountOptionSet("disk-cache", "max-age", "timeout", "token-file");
        options.Describe("disk-cache", "Node-local folder that gets the blocks, and its largest size; required with a dataset's address.");
        var verb = new Verb(Name, "Fetch blocks into the disk cache of this node, so that mounts read them from there.")
        {
            Examples =
            [
                (
                    "datastorefs warm http://server:9080/datasets/UUID/0 --level 1,2 --timepoint 0-10 --disk-cache /local/blocks,100GiB",
                    "Before a job: a mount with the same --disk-cache finds the blocks"),
                ("datastorefs warm ~/data/export.n5/setup0/timepoint3/s1", "One image, into the disk cache of the mount it lies in"),
            ],
        };
        verb.Add(place);
        filter.AddTo(verb);
        options.AddTo(verb);
        verb.SetAction((parsed, _) =>
        {
            string where = parsed.GetRequiredValue(place);
            ImageFilter wanted = filter.Read(parsed);
            return where.Contains("://", StringComparison.Ordinal)
                ? WarmSourceAsync(Request(where, wanted, options, parsed))
                : WarmPathAsync(where, wanted, options.FirstGiven(parsed));
        });
        return verb;
    }

    private static WarmRequest Request(string source, ImageFilter filter, MountOptionSet options, ParseResult parsed)
    {
        // Read as mount reads them, so that both mean the same.
        var draft = new MountDraft(new MountSettings { Source = SourceAddress.Parse(source), MountPoint = "/" });
        options.Apply(parsed, draft);
        MountSettings settings = draft.Settings;
        settings.Validate();
        if (settings.Source.Uuid is null)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"{settings.Source} is a whole server; name a dataset: {settings.Source}/datasets/UUID");
        }

        return new WarmRequest
        {
            Source = settings.Source,
            Disk = settings.DiskCache
                ?? throw new DataStoreException(
                    DataStoreErrorKind.Usage,
                    "a dataset is fetched into a folder of this node: give it, and its largest size, with --disk-cache DIR,SIZE"),
            Filter = filter,
            Remote = new RemoteOptions { Timeout = settings.RequestTimeout, Token = Tokens.Find(settings.TokenFile) },
            MaxAge = settings.MaxAge,
            MemoryBytes = Math.Min(256L << 20, MountSettings.DefaultCacheBytes()),
        };
    }

    private static async Task<int> WarmSourceAsync(WarmRequest request)
    {
        using var log = new LineLog(LogLevel.Warning, new StderrSink());
        var counters = new TransferCounters();
        var display = new TransferDisplay(Name, counters);
        return await ShowAsync(
            display, counters, stop => new Warmer(request, counters, display.Say, log.CreateLogger(Name)).RunAsync(stop)).ConfigureAwait(false);
    }

    private static async Task<int> WarmPathAsync(string path, ImageFilter filter, string? unwanted)
    {
        MountedAt mount = MountedAt.Of(CanonicalPath.Of(path));
        if (!mount.IsOurs)
        {
            string kind = mount.Type == "unknown" ? "" : $" (it is on {mount.Type})";
            throw new DataStoreException(
                DataStoreErrorKind.Usage,
                $"{path} is in no mounted dataset{kind}; mount the dataset first, or give its http:// address with --disk-cache");
        }

        if (unwanted is not null)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"{unwanted} is for an http:// address; the mount at {mount.Path} has its own disk cache and token");
        }

        var counters = new TransferCounters();
        var display = new TransferDisplay(Name, counters);
        var warmer = new MountWarmer(AskAsync, counters, display.Say);
        return await ShowAsync(
            display, counters, stop => warmer.RunAsync(path, () => TreeImages.Of(TreePlace.Of(path), filter), stop)).ConfigureAwait(false);

        async Task<MountStatus> AskAsync(CancellationToken stop) =>
            MountStatusJson.Read(await ControlClient.SendAsync(mount.Path, ControlCommand.Status, stop).ConfigureAwait(false));
    }

    private static async Task<int> ShowAsync(TransferDisplay display, TransferCounters counters, Func<CancellationToken, Task<WarmResult>> run)
    {
        using var stop = new StopSignals();
        long began = Stopwatch.GetTimestamp();
        try
        {
            WarmResult result = await display.ShowAsync(() => run(stop.Token)).ConfigureAwait(false);
            Console.WriteLine($"{Name}: {WarmSummary.Describe(result, Stopwatch.GetElapsedTime(began))}");
            if (WarmSummary.Complaint(result) is not string complaint)
            {
                return 0;
            }

            CommandLine.Complain(complaint);
            return 1;
        }
        catch (Exception ended) when (ended is DataStoreException or OperationCanceledException && counters.Total > 0)
        {
            display.Say(
                $"stopped after {TransferLine.Count(counters.Done)} of {TransferLine.Count(counters.Total)} blocks, which stay; "
                    + "the same command goes on from there");
            throw;
        }
    }
}
