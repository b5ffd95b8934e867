using System.Globalization;
using System.Net;
using System.Text;

namespace DataStoreFS.Remote;

/// <summary>
/// One POST of blocks, following a redirect or a start call to where the level is. Never repeated after bytes may have been stored.
/// </summary>
internal sealed class BlockPost(ServerContext server, LevelSession session, ImageAddress image, IReadOnlyList<BlockWrite> blocks)
{
    private const int MaxHops = 4;

    private bool _started;

    public async ValueTask<Attempt> SendAsync(ProgressTimeout progress)
    {
        for (int hop = 0; ; hop++)
        {
            string levelBase = session.Base;
            string address = Address(levelBase);
            string request = blocks.Count == 1 ? $"POST {address}" : $"POST of {blocks.Count} blocks to {levelBase}";
            using BlockFramesContent content = new(blocks, progress);
            bool announced = server.CutBodies.IsDoubtful(content.FramesLength);
            try
            {
                using HttpResponseMessage response = await server.Transport.SendAsync(
                    HttpMethod.Post, address, content, null, progress.Token, announced).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    server.CutBodies.Taken(content.FramesLength);
                    return Attempt.Done;
                }

                if (announced && response.StatusCode == HttpStatusCode.ExpectationFailed)
                {
                    server.CutBodies.CannotBeAnnounced();
                    continue;
                }

                if (hop < MaxHops && await MovedAsync(response, levelBase, address, progress).ConfigureAwait(false))
                {
                    continue;
                }

                string text = await ServerText.ReadAsync(response, server.Transport.Token, progress.Token).ConfigureAwait(false);
                return HttpFaults.FromStatus(request, response.StatusCode, text);
            }
            catch (Exception e) when (HttpFaults.IsNetwork(e))
            {
                session.Leave(levelBase);
                if (content.IsCut)
                {
                    server.CutBodies.Cut(content.FramesLength);
                }

                return HttpFaults.FromException(request, e, progress);
            }
        }
    }

    private async ValueTask<bool> MovedAsync(HttpResponseMessage response, string levelBase, string address, ProgressTimeout progress)
    {
        if ((int)response.StatusCode is >= 300 and < 400 && RedirectTarget.Resolve(address, response.Headers.Location) is { } target)
        {
            session.MoveTo(RedirectTarget.LevelBase(target, address[levelBase.Length..]));
            return true;
        }

        if (response.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed) || _started)
        {
            return false;
        }

        _started = true;
        return await session.EstablishAsync(
            levelBase, token => server.Start.LevelBaseAsync(image, "read-write", token), progress.Token).ConfigureAwait(false);
    }

    private string Address(string levelBase)
    {
        StringBuilder text = new(levelBase);
        for (int i = 0; i < blocks.Count; i++)
        {
            BlockWrite block = blocks[i];
            text.Append(
                CultureInfo.InvariantCulture,
                $"{(i == 0 ? "" : "/")}{block.X}/{block.Y}/{block.Z}/{image.Timepoint}/{image.Channel}/{image.Angle}");
        }

        return text.ToString();
    }
}
