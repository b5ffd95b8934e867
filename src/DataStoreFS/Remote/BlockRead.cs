using System.Diagnostics;
using System.Net;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Remote;

/// <summary>
/// One call for blocks: however many requests, redirects and repetitions it takes. A repetition asks only for what has not been delivered.
/// </summary>
internal sealed class BlockRead(
    ServerContext server, NativeBlockPool pool, LevelSession session, ImageAddress image, IReadOnlyList<BlockRequest> blocks, IBlockSink sink)
{
    // shared -> dedicated is one hop; two more allow for a proxy in front of either.
    private const int MaxHops = 4;

    private int _next;
    private int _hops;
    private bool _started;

    public async ValueTask<Attempt> AttemptAsync(ProgressTimeout progress)
    {
        while (_next < blocks.Count)
        {
            string levelBase = session.Base;
            int lineLimit = server.LineLimit.Bytes;
            int count = BlockAddressList.Build(levelBase, image, blocks, _next, lineLimit, out string address);
            Attempt attempt;
            try
            {
                attempt = await RequestAsync(levelBase, address, count, lineLimit, progress).ConfigureAwait(false);
            }
            catch (Exception e) when (HttpFaults.IsNetwork(e))
            {
                attempt = HttpFaults.FromException(Describe(address, levelBase, count), e, progress);
                if (!session.IsDirect)
                {
                    // A dedicated server ends by itself when it has been idle; the next attempt starts another.
                    session.Leave(levelBase);
                    _started = false;
                }
            }

            if (attempt.Fault is not null)
            {
                return attempt;
            }
        }

        return Attempt.Done;
    }

    /// <summary>Done also when nothing was read but the way is now another; the loop goes on.</summary>
    private async ValueTask<Attempt> RequestAsync(string levelBase, string address, int count, int lineLimit, ProgressTimeout progress)
    {
        string request = Describe(address, levelBase, count);
        long sent = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = await server.Transport.SendAsync(
            HttpMethod.Get, address, null, null, progress.Token).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            server.Transport.NoteAnswer(Stopwatch.GetElapsedTime(sent));
            return await ReadFramesAsync(response, request, count, progress).ConfigureAwait(false);
        }

        if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } location)
        {
            return Redirect(address, address[levelBase.Length..], location, request);
        }

        if (response.StatusCode is HttpStatusCode.RequestUriTooLong or HttpStatusCode.RequestHeaderFieldsTooLarge
            && server.LineLimit.Shrink(lineLimit))
        {
            return Attempt.Done;
        }

        // Servers up to 1.2 have no shared block endpoint: they answer 404 or 405 until a start call has spawned a dedicated server. A
        // dedicated server's port may by now be another program's, which answers the same.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed && !_started)
        {
            _started = true;
            if (await session.EstablishAsync(
                levelBase, token => server.Start.LevelBaseAsync(image, "read", token), progress.Token).ConfigureAwait(false))
            {
                return Attempt.Done;
            }
        }

        string text = await ServerText.ReadAsync(response, server.Transport.Token, progress.Token).ConfigureAwait(false);
        if (count == 1 && blocks[_next].FailsWhenMissing && HttpFaults.IsUnknownVoxelType(response.StatusCode, text))
        {
            sink.Deliver(_next++, null, default);
            return Attempt.Done;
        }

        Attempt attempt = HttpFaults.FromStatus(request, response.StatusCode, text);

        // Which of several blocks it is about is not said. Who asked may ask for each, and only that is worth repeating.
        return count > 1 && !attempt.Silent ? attempt with { Again = false } : attempt;
    }

    private async ValueTask<Attempt> ReadFramesAsync(HttpResponseMessage response, string request, int count, ProgressTimeout progress)
    {
        Stream body = await response.Content.ReadAsStreamAsync(progress.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            FrameReader reader = new(pool, body, progress, request);
            int first = _next;
            try
            {
                return await reader.ReadAsync(blocks, first, count, sink).ConfigureAwait(false);
            }
            finally
            {
                _next = first + reader.Delivered;
            }
        }
    }

    private Attempt Redirect(string address, string tail, Uri location, string request)
    {
        Uri? target = RedirectTarget.Resolve(address, location);
        if (target is null || ++_hops > MaxHops)
        {
            string why = target is null
                ? $"redirects to {ServerText.FirstLine(location.ToString())}, which is no http address"
                : "redirects in a circle";
            return Attempt.Failed(DataStoreErrorKind.Protocol, $"{request} {why}");
        }

        session.MoveTo(RedirectTarget.LevelBase(target, tail));
        return Attempt.Done;
    }

    // The list may be thousands of characters; the first block says where to look.
    private string Describe(string address, string levelBase, int count)
    {
        string first = $"{blocks[_next].X}/{blocks[_next].Y}/{blocks[_next].Z}/{image.Timepoint}/{image.Channel}/{image.Angle}";
        return count == 1 ? $"GET {address}" : $"GET {levelBase}{first} and {count - 1} more";
    }
}
