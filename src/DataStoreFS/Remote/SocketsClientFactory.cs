using Flurl.Http.Configuration;

namespace DataStoreFS.Remote;

/// <summary>The HTTP stack under Flurl, with the settings that this protocol needs.</summary>
internal sealed class SocketsClientFactory(RemoteOptions options, RoundTrip roundTrip) : DefaultHttpClientFactory
{
    public override HttpMessageHandler CreateMessageHandler() => new SocketsHttpHandler
    {
        ConnectCallback = roundTrip.ConnectAsync,

        // A redirect is an answer here: it names a dedicated server, which must not get the token.
        AllowAutoRedirect = false,

        // The server marks its /bdv XML "Content-Encoding: UTF-8" and knows no content coding.
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        UseCookies = false,
        UseProxy = options.UseSystemProxy,

        // How many requests are good for a server is decided, and learnt, by the caller.
        MaxConnectionsPerServer = 256,
        ConnectTimeout = options.Timeout < TimeSpan.FromSeconds(10) ? options.Timeout : TimeSpan.FromSeconds(10),

        // Below the 30 minutes after which the server closes an idle connection; the lifetime lets a changed DNS entry through.
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(30),

        // An answer that is given up is worth draining only if nearly nothing is left of it.
        MaxResponseDrainSize = 64 << 10,
        ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
    };

    // Timeouts are ours: progress counts, not duration.
    public override HttpClient CreateHttpClient(HttpMessageHandler handler) =>
        new(handler) { Timeout = Timeout.InfiniteTimeSpan };
}
