using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.N5;
using LinuxFuse;

namespace DataStoreFS.Mounting.Kernel;

/// <summary>
/// The file image of a block that was never written, without memory of its own: a header per distinct size (a level has at most eight) and
/// one run of zeros for all.
/// </summary>
internal sealed class ZeroImage
{
    private const int RunLength = 1 << 20;
    private const int MaximumHeaders = 1 << 14;

    private static readonly byte[] s_zeros = GC.AllocateArray<byte>(RunLength, pinned: true);

    private readonly ConcurrentDictionary<Size3, byte[]> _headers = new();

    /// <param name="op">The READ, anywhere in the file or behind its end.</param>
    /// <param name="size">Voxels of the block.</param>
    /// <param name="fileLength">Header and voxels in bytes.</param>
    public Errno Reply(ReadOp op, Size3 size, long fileLength)
    {
        int length = (int)Math.Clamp(fileLength - op.Offset, 0, op.Size);
        int headerLength = (int)Math.Clamp(BlockBuffer.HeaderBytes - op.Offset, 0, length);
        if (length - headerLength > RunLength)
        {
            // Only where more than 1 MiB a READ was negotiated.
            op.Buffer.Span[..length].Clear();
            HeaderOf(size).AsSpan((int)Math.Min(op.Offset, BlockBuffer.HeaderBytes), headerLength).CopyTo(op.Buffer.Span);
            return op.Reply(length);
        }

        return headerLength == 0
            ? op.Reply(s_zeros.AsSpan(0, length))
            : op.Reply(HeaderOf(size).AsMemory((int)op.Offset, headerLength), s_zeros.AsMemory(0, length - headerLength));
    }

    private byte[] HeaderOf(Size3 size)
    {
        if (_headers.TryGetValue(size, out byte[]? header))
        {
            return header;
        }

        header = new byte[BlockBuffer.HeaderBytes];
        N5Header.Write(header, size);
        if (_headers.Count < MaximumHeaders)
        {
            _headers[size] = header;
        }

        return header;
    }
}
