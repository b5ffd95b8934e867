using System.CommandLine;
using DataStoreFS.Cli.Info;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs info SOURCE [--json]</c>: what is in a dataset, without mounting it.</summary>
internal static class InfoVerb
{
    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "http(s)://HOST:PORT/datasets/UUID[/VERSION]." };
        var json = new Option<bool>("--json") { Description = "Machine-readable." };
        var tokenFile = new Option<string>("--token-file") { Description = Tokens.Help, HelpName = "FILE" };
        var verb = new Verb("info", "Show what is in a dataset: size, voxels, levels, versions, bytes.")
        {
            Examples =
            [
                ("datastorefs info http://server:9080/datasets/UUID", "As a table"),
                ("datastorefs info http://server:9080/datasets/UUID --json | jq .levels[0].grid", "For a script"),
            ],
        };
        verb.Add(source);
        verb.Add(json);
        verb.Add(tokenFile);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            SourceAddress address = SourceAddress.Parse(parsed.GetRequiredValue(source));
            VolumeInfo volume = await OpenAsync(address, Tokens.Find(parsed.GetValue(tokenFile)), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(DatasetJson.Write(address, volume));
            }
            else
            {
                DatasetTable.Show(Screen.Console, address, volume);
            }

            return 0;
        });
        return verb;
    }

    private static async Task<VolumeInfo> OpenAsync(SourceAddress source, AccessToken? token, CancellationToken cancellationToken)
    {
        using var pool = new NativeBlockPool();
        var client = new DataStoreClient(source.Server, pool, new RemoteOptions { Token = token });
        await using (client.ConfigureAwait(false))
        {
            OpenedVolume opened = await new VolumeOpener(client, NullLogger.Instance).OpenAsync(
                source, volume: 0, writable: false, cancellationToken).ConfigureAwait(false);
            return opened.Info;
        }
    }
}
