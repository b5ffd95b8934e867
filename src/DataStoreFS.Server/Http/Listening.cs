using System.Net;
using DataStoreFS.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DataStoreFS.Server.Http;

/// <summary>
/// Makes a bare Kestrel with the original's limits. The host that it is taken from is never started: nothing reads environment variables, takes over
/// Ctrl-C, or puts routing and diagnostics between a request and its handler.
/// </summary>
internal static class Listening
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(30);

    // The original gives up on an upload after 600 s without a byte.
    private static readonly MinDataRate s_upload = new(1, TimeSpan.FromSeconds(600));

    /// <returns>The services; they own the <see cref="IServer"/> among them. The caller disposes them.</returns>
    /// <exception cref="DataStoreException">Usage: an address cannot be used.</exception>
    public static WebApplication Create(DataStoreServerOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Limit(kestrel.Limits, options);
            foreach (string url in options.Urls)
            {
                Listen(kestrel, url);
            }
        });

        // After Kestrel's own, of which the last one counts.
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, TransportMemory>();
        return builder.Build();
    }

    private static void Limit(KestrelServerLimits limits, DataStoreServerOptions options)
    {
        // RequestBody has the limit.
        limits.MaxRequestBodySize = null;

        // Kestrel counts the line's end, too.
        limits.MaxRequestLineSize = options.MaxRequestLine + 2;
        limits.MaxRequestBufferSize = Math.Max(limits.MaxRequestBufferSize ?? 0, options.MaxRequestLine + 2);
        limits.MaxRequestHeadersTotalSize = 20 << 10;
        limits.KeepAliveTimeout = s_idle;
        limits.MinRequestBodyDataRate = s_upload;

        // A client that reads slowly waits for memory of its own; that is no reason to break its connection.
        limits.MinResponseDataRate = null;

        // Reading files and sending overlap within this.
        limits.MaxResponseBufferSize = 1 << 20;
    }

    private static void Listen(KestrelServerOptions kestrel, string url)
    {
        // Uri knows no '*', so it is replaced by an address that cannot be meant.
        string text = url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme != "http" || uri.AbsolutePath != "/" || uri.Query.Length > 0)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"cannot listen at '{url}': expected http://ADDRESS:PORT");
        }

        if (uri.Host == "localhost" && uri.Port != 0)
        {
            kestrel.ListenLocalhost(uri.Port, Http1);
            return;
        }

        string host = uri.Host == "localhost" ? "127.0.0.1" : uri.Host.Trim('[', ']');
        IPAddress address = IPAddress.TryParse(host, out IPAddress? parsed)
            ? parsed
            : throw new DataStoreException(
                DataStoreErrorKind.Usage, $"cannot listen at '{url}': '{host}' is no address of this machine; use an IP address, localhost or *");
        kestrel.Listen(address, uri.Port, Http1);
    }

    private static void Http1(ListenOptions options) => options.Protocols = HttpProtocols.Http1;
}
