using System.Net;
using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>
/// Whether a DataStore answers at an address. The protocol has no question for that, so one is told by what it says of a dataset that nobody has:
/// 404, and the original's words. Where a proxy has put its own page in place of these, the collection of datasets decides: it takes POST alone, so
/// that asking for it is 405. Whatever answers every address alike has not both.
/// </summary>
internal sealed class ServerProbe(ServerContext server)
{
    // In the server's log. Never in a message: the user has not written it.
    private const string Nobody = "datastorefs-asks-whether-you-are-there";

    // Of the original: "Dataset with UUID = <uuid> not found ".
    private const string Words = "Dataset with UUID";

    public async ValueTask<Attempt> AskAsync(ProgressTimeout progress)
    {
        try
        {
            (HttpStatusCode status, string text) = await GetAsync(Nobody, progress).ConfigureAwait(false);
            if (status == HttpStatusCode.OK)
            {
                return NoDataStore("it answers as if it had a dataset of any name");
            }

            if (status != HttpStatusCode.NotFound)
            {
                return HttpFaults.FromStatus(server.Server, status, text.Replace(Nobody, "…", StringComparison.Ordinal));
            }

            return text.Contains(Words, StringComparison.OrdinalIgnoreCase)
                || (await GetAsync("", progress).ConfigureAwait(false)).Status == HttpStatusCode.MethodNotAllowed
                ? Attempt.Done
                : NoDataStore("it answers 404 (not found) without a DataStore's words");
        }
        catch (Exception e) when (HttpFaults.IsNetwork(e))
        {
            return HttpFaults.FromException(server.Server, e, progress);
        }
    }

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(string name, ProgressTimeout progress)
    {
        using HttpResponseMessage response = await server.Transport.SendAsync(
            HttpMethod.Get, $"{server.Server}/datasets/{name}", null, "application/json", progress.Token).ConfigureAwait(false);
        return (response.StatusCode, await ServerText.ReadAsync(response, server.Transport.Token, progress.Token).ConfigureAwait(false));
    }

    private Attempt NoDataStore(string why) => Attempt.Failed(
        DataStoreErrorKind.Protocol, $"{server.Server} is no DataStore server: {why}; are host, port and the path before /datasets right?");
}
