using System.CommandLine;
using DataStoreFS.Cli.Daemon;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using DataStoreFS.Server;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs serve DIR</c>: a DataStore server over a folder, until a signal comes.</summary>
internal static class ServeVerb
{
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "Holds datasets as UUID/VERSION/export.xml and UUID/VERSION/export.n5." };
        var urls = new Option<string[]>("--urls")
        {
            Description = "Where to listen (default: http://127.0.0.1:9080); port 0 takes a free one.",
            HelpName = "URL",
        };
        var accessLog = new Option<string>("--access-log")
        {
            Description = "Append a line METHOD STATUS BYTES CONNECTION for every request to FILE.",
            HelpName = "FILE",
        };
        var tokenFile = new Option<string>("--token-file")
        {
            Description = "Demand the token in the first line of FILE from clients.",
            HelpName = "FILE",
        };
        var maxBody = new Option<string>("--max-request-body")
        {
            Description = "Largest request body (default: 10MiB, as the original).",
            HelpName = "SIZE",
        };
        var imitate = new Option<bool>("--imitate-original") { Description = "Be as slow as the original server, for benchmarks.", Hidden = true };
        var verb = new Verb("serve", "Serve a folder of datasets.")
        {
            Examples =
            [
                ("datastorefs serve /data/store", "To this machine only"),
                ("datastorefs serve /data/store --urls http://0.0.0.0:9080 --token-file /etc/datastorefs/token", "To everybody who has the token"),
            ],
        };
        verb.Add(folder);
        foreach (Option option in (Option[])[urls, accessLog, tokenFile, maxBody, imitate])
        {
            verb.Add(option);
        }

        verb.SetAction((parsed, _) => RunAsync(log => new DataStoreServerOptions
        {
            Folder = OptionValues.FullPath(parsed.GetRequiredValue(folder)),
            Urls = Split(parsed.GetValue(urls)),
            AccessLog = parsed.GetValue(accessLog) is string file ? OptionValues.FullPath(file) : null,
            Token = parsed.GetValue(tokenFile) is string secret ? OptionValues.Named(tokenFile.Name, () => ReadToken(secret)) : null,
            MaxRequestBody = parsed.GetValue(maxBody) is string size
                ? OptionValues.Named(maxBody.Name, () => Quantities.ParseSize(size))
                : 10L << 20,
            ImitateOriginal = parsed.GetValue(imitate),
            Log = line => log.LogWarning("{Line}", line),
        }));
        return verb;
    }

    private static async Task<int> RunAsync(Func<ILogger, DataStoreServerOptions> options)
    {
        using var stop = new StopSignals();
        using var log = new LineLog(LogLevel.Information, new StderrSink());
        DataStoreServer server = await DataStoreServer.StartAsync(options(log.CreateLogger("serve")), stop.Token).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            string[] urls = [.. server.Urls.Select(ThisHost.Reachable)];
            string what = server.Datasets.Count == 1 ? "1 dataset" : $"{server.Datasets.Count} datasets";
            foreach ((int i, string url) in urls.Index())
            {
                Console.WriteLine(i == 0 ? $"serving {what} at {url}" : $"and at {url}");
            }

            foreach (string uuid in server.Datasets)
            {
                Console.WriteLine($"  {urls[0]}/datasets/{uuid}");
            }

            ServiceNotifier.Ready($"serving {what} at {string.Join(", ", urls)}");
            await server.Completion.WaitAsync(stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ServiceNotifier.Stopping("finishing requests");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await server.StopAsync(patience.Token).ConfigureAwait(false);
        }

        return 0;
    }

    private static string[] Split(string[]? urls)
    {
        // Several as ASP.NET spells them (a;b) or as --urls a --urls b.
        string[] all = [.. (urls ?? []).SelectMany(u => u.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        return all.Length > 0 ? all : ["http://127.0.0.1:9080"];
    }

    private static string ReadToken(string path)
    {
        try
        {
            string token = File.ReadLines(path).FirstOrDefault("").Trim();
            return token.Length > 0
                ? token
                : throw new DataStoreException(DataStoreErrorKind.Usage, $"the first line of {path} is empty; the token belongs there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = Directory.Exists(path) ? "it is a folder" : e.Message;
            throw new DataStoreException(DataStoreErrorKind.Usage, $"cannot read {path}: {why}; name a file whose first line is the token", e);
        }
    }
}
