using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace DataStoreFS.Server.Http;

/// <summary>One request and its answer. The objects of a connection are reused by its requests.</summary>
/// <remarks>Contract: belongs to one connection, used by one request at a time; no handler keeps it past the end of its task.</remarks>
internal sealed class Exchange
{
    private const string OctetStream = "application/octet-stream";

    // The original's servlet buffer: answers that fit have a Content-Length, longer ones are chunked.
    private const int ServletBuffer = 16_364;

    private readonly DefaultHttpContext _http = new();

    public HttpContext Http => _http;

    public RequestPath Path { get; } = new();

    public string Method { get; private set; } = "GET";

    /// <summary>Body bytes handed to the connection.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Answers above the original's buffer size are chunked.</summary>
    public bool ChunkLargeAnswers { get; set; }

    public string Accept => Http.Request.Headers.Accept.ToString();

    /// <summary>Scheme and host as the client addressed this server, without a trailing slash.</summary>
    public string Authority => $"{Http.Request.Scheme}://{Http.Request.Host.Value}";

    /// <summary>The URL as the client asked for it.</summary>
    public string RequestUrl => Authority + Path.Target;

    public CancellationToken Aborted => Http.RequestAborted;

    public void Begin(IFeatureCollection features)
    {
        _http.Initialize(features);
        IHttpRequestFeature request = features.GetRequiredFeature<IHttpRequestFeature>();
        Method = request.Method;
        Path.Parse(request.RawTarget);
        BytesSent = 0;
    }

    public void End() => _http.Uninitialize();

    /// <summary>Tells the length of the body that follows, unless the original's framing is asked for.</summary>
    public void Announce(int status, string contentType, long length)
    {
        Http.Response.StatusCode = status;
        Http.Response.ContentType = contentType;
        if (!ChunkLargeAnswers || length <= ServletBuffer)
        {
            Http.Response.ContentLength = length;
        }
    }

    public PipeWriter Body => Http.Response.BodyWriter;

    public void Count(long bytes) => BytesSent += bytes;

    public Task EmptyAsync(int status)
    {
        Http.Response.StatusCode = status;
        Http.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>A text whose type the original leaves to the Accept header.</summary>
    public Task TextAsync(int status, string text) => TextAsync(status, text, NegotiatedType());

    public async Task TextAsync(int status, string text, string contentType)
    {
        if (text.Length == 0)
        {
            Http.Response.ContentType = status < 300 ? contentType : null;
            await EmptyAsync(status).ConfigureAwait(false);
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Announce(status, contentType, bytes.Length);
        Count(bytes.Length);
        await Body.WriteAsync(bytes, Aborted).ConfigureAwait(false);
    }

    public Task RefuseAsync(Refusal refusal) => refusal.ContentType is null
        ? TextAsync(refusal.Status, refusal.Message)
        : TextAsync(refusal.Status, refusal.Message, refusal.ContentType);

    public Task MethodNotAllowedAsync(string allow)
    {
        Http.Response.Headers.Allow = allow;
        return EmptyAsync(405);
    }

    /// <summary>The original's endpoints that declare a media type refuse clients that do not want it.</summary>
    public bool Accepts(string type)
    {
        StringValues accept = Http.Request.Headers.Accept;
        if (StringValues.IsNullOrEmpty(accept))
        {
            return true;
        }

        string family = string.Concat(type.AsSpan(0, type.IndexOf('/', StringComparison.Ordinal)), "/*");
        foreach (string range in accept.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = range.Split(';', StringSplitOptions.TrimEntries);
            bool wanted = parts[0] == "*/*"
                || parts[0].Equals(type, StringComparison.OrdinalIgnoreCase)
                || parts[0].Equals(family, StringComparison.OrdinalIgnoreCase);
            if (wanted && !IsRefused(parts))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsRefused(string[] parts) => parts.Skip(1).Any(p =>
        p.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
        && double.TryParse(p.AsSpan(2), CultureInfo.InvariantCulture, out double quality) && quality <= 0);

    private string NegotiatedType()
    {
        string accept = Accept;
        int end = accept.AsSpan().IndexOfAny(',', ';');
        return (end < 0 ? accept : accept[..end]).Trim().ToLowerInvariant() switch
        {
            "application/json" => "application/json",
            "text/html" => "text/html;charset=utf-8",
            "text/plain" => "text/plain;charset=utf-8",
            _ => OctetStream,
        };
    }
}
