using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DataStoreFS.Server.Http;

/// <summary>What Kestrel calls for each request: token, route, handler, and the one place where what goes wrong becomes a status.</summary>
internal sealed class ServerApplication : IHttpApplication<Exchange>
{
    private readonly Router _router;
    private readonly TokenCheck _tokens;
    private readonly ServerCounters _counters;
    private readonly AccessLog? _log;
    private readonly DataStoreServerOptions _options;

    public ServerApplication(Router router, TokenCheck tokens, ServerCounters counters, AccessLog? log, DataStoreServerOptions options)
    {
        _router = router;
        _tokens = tokens;
        _counters = counters;
        _log = log;
        _options = options;
    }

    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps one container per connection, so that the requests of a connection share their objects.
        IHostContextContainer<Exchange>? container = contextFeatures as IHostContextContainer<Exchange>;
        Exchange exchange = container?.HostContext ?? new Exchange();
        container?.HostContext = exchange;
        exchange.ChunkLargeAnswers = _options.Quirks.HasFlag(OriginalQuirks.ChunkedAnswers);
        exchange.Begin(contextFeatures);
        _counters.Request();
        return exchange;
    }

    public async Task ProcessRequestAsync(Exchange context)
    {
        try
        {
            FaultAction? fault = _options.Faults?.For(context.Http);
            await (fault is null ? RunAsync(context) : fault.ApplyAsync(context, RunAsync)).ConfigureAwait(false);
        }
        finally
        {
            _counters.Sent(context.BytesSent);
            _log?.Write(context.Method, context.Http.Response.StatusCode, context.BytesSent, context.Http.Connection.Id);
        }
    }

    public void DisposeContext(Exchange context, Exception? exception) => context.End();

    private async Task RunAsync(Exchange exchange)
    {
        try
        {
            Route route = _router.Resolve(exchange.Method, exchange.Path);
            if (_tokens.Enabled && _tokens.Check(exchange, route.Open, route.Writes) is { } refusal)
            {
                await exchange.RefuseAsync(refusal).ConfigureAwait(false);
                return;
            }

            await route.Handler(exchange).ConfigureAwait(false);
        }
        catch (Refusal refusal)
        {
            if (refusal is { Status: >= 500, InnerException: { } reason })
            {
                Log(exchange, reason.Message);
            }

            await AnswerAsync(exchange, refusal).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(exchange, new Refusal(e.StatusCode, e.Message, null, e)).ConfigureAwait(false);
        }
        catch (Exception e) when (
            e is ConnectionResetException or ConnectionAbortedException
                || (exchange.Aborted.IsCancellationRequested && e is OperationCanceledException or IOException))
        {
            // The client has gone; there is nobody to answer.
            exchange.Http.Abort();
        }
        catch (Exception e)
        {
            Log(exchange, $"{e.GetType().Name}: {e.Message}");
            await AnswerAsync(exchange, Refusal.ErrorPage(e)).ConfigureAwait(false);
        }
    }

    private void Log(Exchange exchange, string reason) =>
        _options.Log?.Invoke($"{exchange.Method} {exchange.Path.Target}: {reason}".ReplaceLineEndings(" "));

    private static async Task AnswerAsync(Exchange exchange, Refusal refusal)
    {
        if (exchange.Http.Response.HasStarted)
        {
            // The status is sent: a body that ends early is the only way left to say it.
            exchange.Http.Abort();
            return;
        }

        exchange.Http.Response.Clear();
        if (refusal.Status != 413)
        {
            await exchange.RefuseAsync(refusal).ConfigureAwait(false);
            return;
        }

        exchange.Http.Response.Headers.Connection = "close";
        await exchange.RefuseAsync(refusal).ConfigureAwait(false);
        await exchange.Http.Response.CompleteAsync().ConfigureAwait(false);
        await RequestBody.DrainAsync(exchange.Http).ConfigureAwait(false);
    }
}
