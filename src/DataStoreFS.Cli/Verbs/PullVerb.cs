using System.CommandLine;
using DataStoreFS.Cli.Daemon;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Transfers;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Transfer;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs pull SOURCE DIR</c>.</summary>
internal static class PullVerb
{
    private static readonly string[] s_compressions = ["raw", "gzip", "lz4", "bzip2", "xz"];

    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "http(s)://HOST:PORT/datasets/UUID[/VERSION]." };
        var folder = new Argument<string>("DIR") { Description = "Gets export.xml and export.n5; made if need be." };
        var compression = new Option<string>("--compression")
        {
            Description = "How the blocks are written: raw, gzip, lz4, bzip2 or xz (default: as the server keeps them).",
            HelpName = "NAME",
        };
        compression.CompletionSources.Add(_ => s_compressions);
        var filter = new FilterOptions("; the others stay in the tree, empty");
        var options = new ServerOptions();
        var verb = new Verb("pull", "Download a dataset as a local BigDataViewer N5 tree. Stopped and run again, it goes on.")
        {
            Examples =
            [
                ("datastorefs pull http://server:9080/datasets/UUID ~/embryo", "All of it, the newest blocks"),
                ("datastorefs pull http://server:9080/datasets/UUID/0 ~/embryo --compression raw --level 2", "A coarse look at version 0"),
            ],
        };
        verb.Add(source);
        verb.Add(folder);
        verb.Add(compression);
        filter.AddTo(verb);
        options.AddTo(verb);
        verb.SetAction((parsed, _) =>
        {
            ImageFilter wanted = filter.Read(parsed);
            return RunAsync(
                options.Remote(parsed),
                new PullRequest
                {
                    Source = SourceAddress.Parse(parsed.GetRequiredValue(source)),
                    Folder = OptionValues.FullPath(parsed.GetRequiredValue(folder)),
                    Compression = parsed.GetValue(compression),
                    Setups = wanted.Setups,
                    Timepoints = wanted.Timepoints,
                    Levels = wanted.Levels,
                    Settings = new TransferSettings { Connections = options.Connections(parsed), BatchBytes = 4L << 20 },
                });
        });
        return verb;
    }

    private static async Task<int> RunAsync(RemoteOptions remote, PullRequest request)
    {
        using var stop = new StopSignals();
        using var log = new LineLog(LogLevel.Warning, new StderrSink());
        using var pool = new NativeBlockPool();
        var counters = new TransferCounters();
        var display = new TransferDisplay("pull", counters);
        var client = new DataStoreClient(request.Source.Server, pool, remote);
        await using (client.ConfigureAwait(false))
        {
            var puller = new Puller(client, counters, display.Say, log.CreateLogger("pull"));
            try
            {
                PullResult result = await display.ShowAsync(() => puller.RunAsync(request, stop.Token)).ConfigureAwait(false);
                display.Say(
                    $"complete: {TransferLine.Count(result.Blocks)} blocks, {TransferLine.Count(result.Missing)} missing on the server; "
                        + $"{Quantities.FormatSize(result.Bytes)} received now");
                Console.WriteLine(result.XmlPath);
                return 0;
            }
            catch (Exception ended) when (
                (ended is DataStoreException && counters.Done > 0) || (ended is OperationCanceledException && counters.Total > 0))
            {
                display.Say(
                    $"stopped after {TransferLine.Count(counters.Done)} of {TransferLine.Count(counters.Total)} blocks; "
                        + "the same command goes on from there");
                throw;
            }
        }
    }
}
