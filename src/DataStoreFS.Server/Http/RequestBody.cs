using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace DataStoreFS.Server.Http;

/// <summary>The body of one request, taken piece by piece or whole, with the server's limit.</summary>
/// <remarks>
/// The limit is counted here and not by Kestrel, which counts what has arrived: blocks that are complete before the limit must be stored, and a
/// client that is still sending must be able to read its 413.
/// </remarks>
internal sealed class RequestBody
{
    private const long MostDrained = 256L << 20;
    private static readonly TimeSpan s_drainTime = TimeSpan.FromSeconds(10);

    private readonly PipeReader _reader;
    private readonly CancellationToken _aborted;
    private long _allowed;

    /// <exception cref="Refusal">413: its length is announced, and too long.</exception>
    public RequestBody(Exchange exchange, long limit)
    {
        if (exchange.Http.Request.ContentLength > limit)
        {
            throw new Refusal(413);
        }

        _reader = exchange.Http.Request.BodyReader;
        _aborted = exchange.Aborted;
        _allowed = limit;
    }

    /// <summary>The media type without its parameters, lower case; empty when none is given.</summary>
    public static string MediaType(Exchange exchange)
    {
        string type = exchange.Http.Request.ContentType ?? string.Empty;
        int end = type.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
    }

    /// <summary>
    /// Reads what is left of a refused body and forgets it, so that its sender gets to read the answer instead of a reset connection. Bounded in
    /// bytes and time; whatever ends it early, the connection is closed next.
    /// </summary>
    public static async Task DrainAsync(HttpContext http)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(s_drainTime);
        await DrainAsync(http.Request.BodyReader, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A small body, such as a JSON or a number.</summary>
    public async Task<byte[]> ReadAllAsync()
    {
        ArrayBufferWriter<byte> bytes = new();
        int count;
        do
        {
            count = await ReadAsync(bytes.GetMemory(4096)).ConfigureAwait(false);
            bytes.Advance(count);
        }
        while (count > 0);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Fills memory from the body.</summary>
    /// <returns>Bytes read; fewer than asked for when the body ends.</returns>
    /// <exception cref="Refusal">413: it is longer than the limit.</exception>
    public async Task<int> ReadAsync(Memory<byte> target)
    {
        int done = 0;
        while (done < target.Length)
        {
            ReadResult result = await _reader.ReadAsync(_aborted).ConfigureAwait(false);
            ReadOnlySequence<byte> piece = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, target.Length - done));
            piece.CopyTo(target.Span[done..]);
            done += (int)piece.Length;
            _allowed -= piece.Length;
            bool ended = result.IsCompleted && result.Buffer.Length == piece.Length;
            _reader.AdvanceTo(piece.End);
            if (_allowed < 0)
            {
                throw new Refusal(413, "Request body too large");
            }

            if (ended)
            {
                break;
            }
        }

        return done;
    }

    private static async Task DrainAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        for (long drained = 0; drained < MostDrained;)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            drained += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
