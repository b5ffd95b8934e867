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

/// <summary><c>datastorefs push XML SERVER</c>.</summary>
internal static class PushVerb
{
    private static readonly string[] s_compressions = ["raw", "gzip", "lz4", "bzip2", "xz"];

    public static Command Create()
    {
        var xml = new Argument<string>("XML") { Description = "The dataset's XML, as BigDataViewer exports it (voxels in N5)." };
        var server = new Argument<string>("SERVER") { Description = "http(s)://HOST:PORT of the server that gets it." };
        var label = new Option<string>("--label") { Description = "A name for people. Not only digits.", HelpName = "TEXT" };
        var compression = new Option<string>("--compression")
        {
            Description = "How the server keeps the blocks: raw, gzip, lz4, bzip2 or xz (default: as they are here).",
            HelpName = "NAME",
        };
        compression.CompletionSources.Add(_ => s_compressions);
        var anew = new Option<bool>("--new") { Description = "Make another dataset even though this one was pushed to this server before." };
        var options = new ServerOptions();
        var verb = new Verb("push", "Upload a local BigDataViewer N5 dataset. Run again, it goes on where it stopped.")
        {
            Examples =
            [
                ("datastorefs push export.xml http://server:9080 --label \"embryo 3\"", "Make a dataset of it; the address is printed at the end"),
                ("datastorefs push export.xml http://server:9080", "Go on with it, or send what has changed since"),
            ],
        };
        verb.Add(xml);
        verb.Add(server);
        foreach (Option option in (Option[])[label, compression, anew])
        {
            verb.Add(option);
        }

        options.AddTo(verb);
        verb.SetAction((parsed, _) => RunAsync(
            ServerOf(parsed.GetRequiredValue(server)),
            options.Remote(parsed),
            new PushRequest
            {
                XmlPath = OptionValues.FullPath(parsed.GetRequiredValue(xml)),
                Label = parsed.GetValue(label),
                Compression = parsed.GetValue(compression),
                Anew = parsed.GetValue(anew),
                Settings = new TransferSettings { Connections = options.Connections(parsed) },
            }));
        return verb;
    }

    private static async Task<int> RunAsync(SourceAddress server, RemoteOptions remote, PushRequest request)
    {
        using var stop = new StopSignals();
        using var log = new LineLog(LogLevel.Warning, new StderrSink());
        using var pool = new NativeBlockPool();
        var counters = new TransferCounters();
        var display = new TransferDisplay("push", counters);
        var client = new DataStoreClient(server.Server, pool, remote);
        await using (client.ConfigureAwait(false))
        {
            var pusher = new Pusher(client, client, pool, counters, display.Say, log.CreateLogger("push"));
            try
            {
                PushResult result = await display.ShowAsync(() => pusher.RunAsync(request, stop.Token)).ConfigureAwait(false);
                display.Say(
                    $"complete: {TransferLine.Count(result.Blocks)} blocks, {TransferLine.Count(result.Sent)} of them sent now "
                        + $"({Quantities.FormatSize(result.Bytes)})");
                display.Say($"mount it with: datastorefs mount {result.Source} MOUNTPOINT");
                Console.WriteLine(result.Source);
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

    private static SourceAddress ServerOf(string text)
    {
        SourceAddress server = SourceAddress.Parse(text);
        return server.Uuid is null
            ? server
            : throw new DataStoreException(
                DataStoreErrorKind.Usage, $"'{text}' names a dataset; push makes one and needs the server alone: {server.Server}");
    }
}
