using System.Buffers;
using System.IO.Pipelines;
using DataStoreFS.Server.Http;

namespace DataStoreFS.Server.Endpoints;

/// <summary>Bodies of requests, read whole or piece by piece.</summary>
internal static class RequestBody
{
    /// <summary>The media type without its parameters, lower case; empty when none is given.</summary>
    public static string MediaType(Exchange exchange)
    {
        string type = exchange.Http.Request.ContentType ?? string.Empty;
        int end = type.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
    }

    /// <summary>A small body, such as a JSON or a number; the server's body limit applies.</summary>
    public static async Task<byte[]> ReadAllAsync(Exchange exchange)
    {
        using MemoryStream bytes = new();
        await exchange.Http.Request.BodyReader.CopyToAsync(bytes, exchange.Aborted).ConfigureAwait(false);
        return bytes.ToArray();
    }

    /// <summary>Fills a span's worth of memory from the body.</summary>
    /// <returns>Bytes read; fewer than asked for when the body ends.</returns>
    public static async Task<int> ReadAsync(PipeReader body, Memory<byte> target, CancellationToken cancellationToken)
    {
        int done = 0;
        while (done < target.Length)
        {
            ReadResult result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> piece = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, target.Length - done));
            piece.CopyTo(target.Span[done..]);
            done += (int)piece.Length;
            body.AdvanceTo(piece.End);
            if (result.IsCompleted && result.Buffer.Length == piece.Length)
            {
                break;
            }
        }

        return done;
    }
}
