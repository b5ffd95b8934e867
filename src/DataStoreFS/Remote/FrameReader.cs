using System.Buffers.Binary;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Remote;

/// <summary>
/// Reads the frames of one answer: three big-endian int32 sizes and the voxels, block after block. Voxels go from the connection straight into
/// the native memory in which they will be cached.
/// </summary>
/// <remarks>
/// Contract. A buffer is rented when its frame's sizes have been found possible, and belongs to the reader until it is delivered; the sink takes
/// the reference. The last block is held back until the stream has ended where it must, because surplus bytes mean that the frames were not what
/// they seemed. One reader serves one answer.
/// </remarks>
internal sealed class FrameReader(NativeBlockPool pool, Stream stream, ProgressTimeout progress, string request)
{
    private const int HeaderBytes = 3 * sizeof(int);

    private readonly byte[] _header = new byte[HeaderBytes];

    /// <summary>Blocks given to the sink so far.</summary>
    public int Delivered { get; private set; }

    /// <summary>Reads <paramref name="count"/> frames. Network exceptions pass through; what was delivered stays delivered.</summary>
    public async ValueTask<Attempt> ReadAsync(IReadOnlyList<BlockRequest> blocks, int first, int count, IBlockSink sink)
    {
        for (int i = 0; i < count; i++)
        {
            int got = await FillAsync(_header).ConfigureAwait(false);
            if (got < HeaderBytes)
            {
                return Cut(i, count);
            }

            BlockRequest wanted = blocks[first + i];
            Size3 size = ReadSize(_header);
            BlockBuffer? block = null;
            Size3 stored = default;
            if (size != new Size3(-1, -1, -1))
            {
                if (!IsPossible(size, wanted))
                {
                    return Attempt.Failed(
                        DataStoreErrorKind.Protocol,
                        $"{request}: block {i + 1} of {count} claims {size} voxels, but may have {wanted.Limit} at most");
                }

                stored = size;
                block = await ReadVoxelsAsync(size, wanted).ConfigureAwait(false);
                if (block is null)
                {
                    return Cut(i, count);
                }
            }

            bool last = i == count - 1;
            if (last && !await EndsHereAsync(block).ConfigureAwait(false))
            {
                return Attempt.Failed(DataStoreErrorKind.Protocol, $"{request}: bytes follow the last of {count} blocks");
            }

            Delivered++;
            progress.Completed();
            sink.Deliver(first + i, block, stored);
        }

        return Attempt.Done;
    }

    private static Size3 ReadSize(byte[] header) => new(
        BinaryPrimitives.ReadInt32BigEndian(header),
        BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)),
        BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8)));

    // Three axes below the block's own are what the server accepts from writers; their product is bounded by the level's block, which was
    // checked when the volume was opened. An N5 file cannot be longer than an int here.
    private static bool IsPossible(Size3 size, in BlockRequest wanted) =>
        size.X >= 0 && size.Y >= 0 && size.Z >= 0
        && size.X <= wanted.Limit.X && size.Y <= wanted.Limit.Y && size.Z <= wanted.Limit.Z
        && (UInt128)(ulong)size.X * (ulong)size.Y * (ulong)size.Z * (ulong)wanted.VoxelBytes <= int.MaxValue - BlockBuffer.HeaderBytes;

    private Attempt Cut(int at, int count) =>
        Attempt.Transient(DataStoreErrorKind.Protocol, $"{request}: the answer ends within block {at + 1} of {count}");

    private async ValueTask<BlockBuffer?> ReadVoxelsAsync(Size3 size, BlockRequest wanted)
    {
        BlockBuffer read = pool.Rent(BlockBuffer.HeaderBytes + (int)(size.Count * wanted.VoxelBytes));
        try
        {
            Memory<byte> voxels = read.Memory[BlockBuffer.HeaderBytes..];
            if (await FillAsync(voxels).ConfigureAwait(false) < voxels.Length)
            {
                return null;
            }

            BlockBuffer block = size == wanted.Size ? read.Retain() : Normalise(read, size, wanted);
            N5Header.Write(block.GetSpan(), wanted.Size);
            return block;
        }
        finally
        {
            read.Release();
        }
    }

    private BlockBuffer Normalise(BlockBuffer read, Size3 size, in BlockRequest wanted)
    {
        BlockBuffer block = pool.Rent(checked(BlockBuffer.HeaderBytes + (int)(wanted.Size.Count * wanted.VoxelBytes)));
        BlockReshape.Copy(read.Payload, size, block.WritablePayload, wanted.Size, wanted.VoxelBytes);
        return block;
    }

    private async ValueTask<bool> EndsHereAsync(BlockBuffer? last)
    {
        bool ends = false;
        try
        {
            ends = await stream.ReadAsync(_header.AsMemory(0, 1), progress.Token).ConfigureAwait(false) == 0;
        }
        finally
        {
            if (!ends)
            {
                last?.Release();
            }
        }

        return ends;
    }

    private async ValueTask<int> FillAsync(Memory<byte> target)
    {
        int filled = 0;
        while (filled < target.Length)
        {
            int read = await stream.ReadAsync(target[filled..], progress.Token).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            filled += read;
            progress.Received(read);
        }

        return filled;
    }
}
