using DataStoreFS.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DataStoreFS.Server.Testing;

/// <summary>Runs a request with its body going to memory; status and headers are set on the real answer, which has not started yet.</summary>
internal static class CapturedBody
{
    public static async Task<byte[]> RunAsync(Exchange exchange, Func<Exchange, Task> run)
    {
        IHttpResponseBodyFeature real = exchange.Http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using MemoryStream memory = new();
        StreamResponseBodyFeature captured = new(memory);
        exchange.Http.Features.Set<IHttpResponseBodyFeature>(captured);
        try
        {
            await run(exchange).ConfigureAwait(false);
            await captured.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            exchange.Http.Features.Set(real);
        }

        return memory.ToArray();
    }
}
