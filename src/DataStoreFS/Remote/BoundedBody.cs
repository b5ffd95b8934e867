using System.Buffers;

namespace DataStoreFS.Remote;

/// <summary>Reads a whole answer into memory, up to a limit that does not depend on what the headers claim.</summary>
internal static class BoundedBody
{
    private const int Step = 64 << 10;

    /// <returns>Null when the body is longer than <paramref name="limit"/>.</returns>
    public static async ValueTask<byte[]?> ReadAsync(HttpResponseMessage response, int limit, ProgressTimeout progress)
    {
        Stream body = await response.Content.ReadAsStreamAsync(progress.Token).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            ArrayBufferWriter<byte> bytes = new();
            while (true)
            {
                int read = await body.ReadAsync(bytes.GetMemory(Step), progress.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    return bytes.WrittenSpan.ToArray();
                }

                bytes.Advance(read);
                progress.Received(read);
                if (bytes.WrittenCount > limit)
                {
                    return null;
                }
            }
        }
    }
}
