using System.Net.Http.Headers;
using Flurl;
using Flurl.Http;

namespace DataStoreFS.Remote;

/// <summary>
/// Sends one request and returns when the answer's headers are there; the body stays a stream. The only class that touches Flurl and the token.
/// </summary>
/// <remarks>
/// Flurl's own readers are never used: <c>GetBytesAsync</c> puts a megabyte of garbage on the large object heap for each block, and its JSON
/// needs reflection that trimming removes.
/// </remarks>
internal sealed class HttpTransport : IDisposable
{
    private readonly FlurlClient _client = new();
    private readonly RoundTrip _roundTrip = new();
    private readonly LeastTime _answer = new();
    private readonly Uri _home;
    private readonly AccessToken? _token;
    private readonly string _userAgent;

    public HttpTransport(string server, RemoteOptions options)
    {
        _home = new Uri(server);
        _token = options.Token;
        _userAgent = options.UserAgent;
        _client.Settings.HttpClientFactory = new SocketsClientFactory(options, _roundTrip);
        _client.Settings.AllowedHttpStatusRange = "*";
        _client.Settings.Timeout = null;
        _client.Settings.CookiesEnabled = false;
    }

    /// <summary>The quickest handshake with the server so far; zero before the first.</summary>
    public TimeSpan RoundTrip => _roundTrip.Shortest;

    /// <summary>The least time until an answer with blocks began, without a round trip; zero before the first.</summary>
    public TimeSpan Effort => _answer.Value > RoundTrip ? _answer.Value - RoundTrip : TimeSpan.Zero;

    /// <summary>An answer with blocks has begun.</summary>
    /// <param name="waited">Since its request; in a request that had to connect first, with that.</param>
    public void NoteAnswer(TimeSpan waited) => _answer.Note(waited);

    /// <summary>For cleaning what a server says: it may repeat the token.</summary>
    public AccessToken? Token => _token;

    /// <summary>The caller disposes the answer. Every status is an answer, redirects too.</summary>
    /// <param name="method">GET or POST.</param>
    /// <param name="address">Absolute.</param>
    /// <param name="content">The body.</param>
    /// <param name="accept">Null for anything.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <param name="announced">The body is sent when the server has agreed to it, or has not answered for a second.</param>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string address, HttpContent? content, string? accept, CancellationToken cancellationToken, bool announced = false)
    {
        FlurlRequest request = new(new Url(address)) { Client = _client };
        request.Headers["User-Agent"] = _userAgent;
        if (accept is not null)
        {
            request.Headers["Accept"] = accept;
        }

        if (announced)
        {
            request.Headers["Expect"] = "100-continue";
        }

        if (_token is not null && IsHome(address))
        {
            request.Headers["Authorization"] = new AuthenticationHeaderValue("Bearer", _token.Secret).ToString();
        }

        return request.SendAsync(method, content, cancellationToken, HttpCompletionOption.ResponseHeadersRead);
    }

    public void Dispose() => _client.Dispose();

    // Scheme, host and port must all match: another port of the same machine may be another user's process.
    private bool IsHome(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
        && Uri.Compare(uri, _home, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
