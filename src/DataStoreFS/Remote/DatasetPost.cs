using System.Net;
using System.Net.Http.Headers;
using System.Text;
using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>One POST that makes a dataset.</summary>
internal sealed class DatasetPost(ServerContext server, ReadOnlyMemory<byte> json)
{
    // The answer is a uuid.
    private const int AnswerLimit = 4 << 10;

    /// <summary>Set once the attempt is done.</summary>
    public string Uuid { get; private set; } = "";

    public async ValueTask<Attempt> SendAsync(ProgressTimeout progress)
    {
        string address = $"{server.Server}/datasets/";
        string request = $"POST {address}";
        try
        {
            using ReadOnlyMemoryContent content = new(json);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage response =
                await server.Transport.SendAsync(HttpMethod.Post, address, content, null, progress.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                string text = await ServerText.ReadAsync(response, server.Transport.Token, progress.Token).ConfigureAwait(false);
                return HttpFaults.FromStatus(request, response.StatusCode, text);
            }

            byte[]? answer = await BoundedBody.ReadAsync(response, AnswerLimit, progress).ConfigureAwait(false);
            Uuid = Encoding.UTF8.GetString(answer ?? []).Trim();
            return RemoteName.IsUuid(Uuid)
                ? Attempt.Done
                : Attempt.Failed(DataStoreErrorKind.Protocol, $"{request} answered '{ForeignText.Shown(Uuid)}', which is no dataset's name");
        }
        catch (Exception e) when (HttpFaults.IsNetwork(e))
        {
            return HttpFaults.FromException(request, e, progress);
        }
    }
}
