using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// The frames of one request's blocks. All files are opened and all headers checked before the first byte is sent, so the answer's length is known; packed blocks
/// are unpacked before that, too, as far as memory allows (<see cref="DataStoreServerOptions.MaxBufferedAnswer"/>). Raw blocks are read from their
/// file straight into the connection's buffer.
/// </summary>
/// <remarks>Contract: owns its blocks' files and buffers until <see cref="Dispose"/>; used by one request.</remarks>
internal sealed class BlockAnswer : IDisposable
{
    public const int FrameHeader = 12;

    // Large enough that a flush (a hand-over to the socket's thread) is rare, small enough that reading and sending overlap.
    private const int Chunk = 256 << 10;

    private readonly NativeBlockPool _pool;
    private readonly long _maxBuffered;
    private readonly int _frameHeader;
    private StoredBlock[] _blocks = [];
    private int _count;
    private int _ready;

    /// <param name="pool">Memory for unpacked blocks.</param>
    /// <param name="maxBuffered">How much of it one answer may hold.</param>
    /// <param name="framed">False: voxels only, and nothing for a missing block.</param>
    public BlockAnswer(NativeBlockPool pool, long maxBuffered, bool framed = true)
    {
        _frameHeader = framed ? FrameHeader : 0;
        _pool = pool;
        _maxBuffered = maxBuffered;
    }

    public int Missing { get; private set; }

    public int Found => _count - Missing;

    private long Length { get; set; }

    public void Begin(int capacity) => _blocks = ArrayPool<StoredBlock>.Shared.Rent(capacity);

    /// <summary>Adds a block.</summary>
    /// <returns>False: it is missing.</returns>
    public bool Add(ReadOnlySpan<LevelFolder?> levels, in BlockAddress at)
    {
        ref StoredBlock block = ref _blocks[_count++];
        block = default;
        block.Open(levels, at);
        Missing += block.Missing ? 1 : 0;
        Length += _frameHeader + (block.Missing ? 0 : block.Header.PayloadBytes);
        return !block.Missing;
    }

    /// <summary>Unpacks the first window, so that its faults are known before anything is sent.</summary>
    public void DecodeNow() => _ready = _ready > 0 ? _ready : DecodeWindow(0);

    public async Task SendAsync(Exchange exchange)
    {
        DecodeNow();
        int ready = _ready;
        exchange.Announce(200, "application/octet-stream", Length);
        await exchange.Http.Response.StartAsync(exchange.Aborted).ConfigureAwait(false);
        PipeWriter body = exchange.Body;
        int unflushed = 0;
        for (int i = 0; i < _count; i++)
        {
            if (i == ready)
            {
                // A fault from here on ends the connection: the status is long sent.
                ready = DecodeWindow(i);
            }

            unflushed += _frameHeader > 0 ? WriteFrameHeader(body, i) : 0;
            int payload = _blocks[i].Missing ? 0 : _blocks[i].Header.PayloadBytes;
            for (int done = 0; done < payload;)
            {
                int piece = Math.Min(Chunk, payload - done);
                WritePiece(body, i, done, piece);
                done += piece;
                unflushed += piece;
                if (unflushed >= Chunk)
                {
                    await body.FlushAsync(exchange.Aborted).ConfigureAwait(false);
                    unflushed = 0;
                }
            }

            exchange.Count(_frameHeader + payload);
            _blocks[i].Close();
        }

        await body.FlushAsync(exchange.Aborted).ConfigureAwait(false);
    }

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
        {
            _blocks[i].Close();
        }

        _ready = 0;
        ArrayPool<StoredBlock>.Shared.Return(_blocks, clearArray: true);
        _blocks = [];
        _count = 0;
    }

    private int WriteFrameHeader(PipeWriter body, int index)
    {
        Span<byte> header = body.GetSpan(FrameHeader)[..FrameHeader];
        if (_blocks[index].Missing)
        {
            header.Fill(0xff);
        }
        else
        {
            Model.Size3 size = _blocks[index].Header.Size;
            BinaryPrimitives.WriteInt32BigEndian(header, (int)size.X);
            BinaryPrimitives.WriteInt32BigEndian(header[4..], (int)size.Y);
            BinaryPrimitives.WriteInt32BigEndian(header[8..], (int)size.Z);
        }

        body.Advance(FrameHeader);
        return FrameHeader;
    }

    private void WritePiece(PipeWriter body, int index, int offset, int length)
    {
        Span<byte> target = body.GetSpan(length)[..length];
        ref StoredBlock block = ref _blocks[index];
        if (block.Voxels is { } voxels)
        {
            voxels.Payload.Slice(offset, length).CopyTo(target);
        }
        else if (!block.ReadRaw(target, offset))
        {
            throw new EndOfStreamException("a block file became shorter while it was being sent");
        }

        body.Advance(length);
    }

    /// <summary>Unpacks blocks from an index on until memory's limit, in parallel.</summary>
    /// <returns>The first index that is not ready.</returns>
    private int DecodeWindow(int first)
    {
        long bytes = 0;
        int packed = 0;
        int end = first;
        for (; end < _count; end++)
        {
            ref StoredBlock block = ref _blocks[end];
            if (!block.IsPacked)
            {
                continue;
            }

            bytes += block.Header.PayloadBytes;
            if (packed > 0 && bytes > _maxBuffered)
            {
                break;
            }

            packed++;
        }

        if (packed == 1)
        {
            DecodeOne(first, end);
        }
        else if (packed > 1)
        {
            DecodeParallel(first, end);
        }

        return end;
    }

    private void DecodeOne(int first, int end)
    {
        for (int i = first; i < end; i++)
        {
            if (_blocks[i].IsPacked)
            {
                _blocks[i].Decode(_pool);
            }
        }
    }

    private void DecodeParallel(int first, int end)
    {
        Refusal? fault = null;
        Parallel.For(first, end, (i, state) =>
        {
            try
            {
                if (_blocks[i].IsPacked)
                {
                    _blocks[i].Decode(_pool);
                }
            }
            catch (Refusal refusal)
            {
                Volatile.Write(ref fault, refusal);
                state.Stop();
            }
        });
        if (fault is not null)
        {
            throw fault;
        }
    }
}
