using System.Net;
using DataStoreFS.N5;

namespace DataStoreFS.Remote;

/// <summary>
/// The body of a block POST: the frames, from the buffers they are in. Its length is known, which matters: the original server stores a body
/// that ends early as if the rest were zeros, unless <c>Content-Length</c> told it otherwise.
/// </summary>
internal sealed class BlockFramesContent : HttpContent
{
    // A buffer is an N5 file: the frame's three sizes are the last 12 bytes of its 16-byte header.
    private const int FrameStart = BlockBuffer.HeaderBytes - (3 * sizeof(int));

    private readonly IReadOnlyList<BlockWrite> _blocks;
    private readonly ProgressTimeout _progress;

    public BlockFramesContent(IReadOnlyList<BlockWrite> blocks, ProgressTimeout progress)
    {
        _blocks = blocks;
        _progress = progress;
        FramesLength = blocks.Sum(static block => (long)(block.Block.Length - FrameStart));
        Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/octet-stream");
    }

    public long FramesLength { get; }

    /// <summary>The connection broke while it was sent, which may be the server's way of refusing it.</summary>
    public bool IsCut { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _blocks.Count; i++)
        {
            ReadOnlyMemory<byte> frame = _blocks[i].Block.Memory[FrameStart..];
            try
            {
                await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException) when (!cancellationToken.IsCancellationRequested)
            {
                IsCut = true;
                throw;
            }

            _progress.Completed();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = FramesLength;
        return true;
    }
}
