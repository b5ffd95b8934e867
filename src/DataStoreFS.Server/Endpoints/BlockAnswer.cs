using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// The frames of one request's blocks. All files are opened and all headers checked before the first byte is sent, so the answer's length is known;
/// packed blocks are unpacked before that, too, as far as memory allows (<see cref="DataStoreServerOptions.MaxBufferedAnswer"/>). Raw blocks are read
/// from their file straight into the connection's buffer.
/// </summary>
/// <remarks>Contract: owns its blocks' files and buffers until <see cref="Dispose"/>; used by one request.</remarks>
internal sealed class BlockAnswer : IDisposable
{
    public const int FrameHeader = 12;

    // A piece is one segment of the connection's memory and one hand-over to the socket. So large that a frame of 512 KiB, the usual block, is one
    // piece. Against pieces of 256 KiB with a segment for each frame header, two such blocks a request on two connections cost a fifth to a third
    // less processor time; one block a request and blocks of 64 KiB cost the same within the noise.
    private const int MostInPiece = TransportMemory.PieceBytes;

    private readonly NativeBlockPool _pool;
    private readonly long _maxBuffered;
    private readonly int _frameHeader;
    private StoredBlock[] _blocks = [];
    private int _count;
    private int _ready;

    // How far the answer is written: bytes in all, the block that is next, and how much of its frame is out.
    private long _sent;
    private int _next;
    private int _within;

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
        Length += _frameHeader + block.PayloadBytes;
        return !block.Missing;
    }

    /// <summary>Unpacks the first window, so that its faults are known before anything is sent.</summary>
    public void DecodeNow() => _ready = _ready > 0 ? _ready : Unpacking.Window(_blocks, 0, _count, _maxBuffered, _pool);

    public async Task SendAsync(Exchange exchange)
    {
        DecodeNow();
        exchange.Announce(200, "application/octet-stream", Length);
        await exchange.Http.Response.StartAsync(exchange.Aborted).ConfigureAwait(false);
        PipeWriter body = exchange.Body;
        while (_sent < Length)
        {
            exchange.Count(WritePiece(body));
            await body.FlushAsync(exchange.Aborted).ConfigureAwait(false);
        }
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

    /// <summary>
    /// Puts the next frames, or the next part of one, into the connection's memory as one piece: one send, however small the blocks are.
    /// </summary>
    /// <returns>Bytes of the piece.</returns>
    private int WritePiece(PipeWriter body)
    {
        // Pieces of one size: a small rest would be a send, and an awakening of the client, of its own.
        long left = Length - _sent;
        int capacity = (int)(left / ((left + MostInPiece - 1) / MostInPiece));
        Span<byte> room = body.GetSpan(capacity)[..capacity];
        while (_next < _count && WriteBlock(ref room))
        {
            _blocks[_next++].Close();
            _within = 0;
        }

        int written = capacity - room.Length;
        body.Advance(written);
        _sent += written;
        return written;
    }

    /// <summary>Goes on with the frame of the block at the cursor, as far as there is room.</summary>
    /// <returns>Whether the frame is complete.</returns>
    private bool WriteBlock(ref Span<byte> room)
    {
        if (_next == _ready)
        {
            // A fault from here on ends the connection: the status is long sent.
            _ready = Unpacking.Window(_blocks, _next, _count, _maxBuffered, _pool);
        }

        ref StoredBlock block = ref _blocks[_next];
        if (_within < _frameHeader)
        {
            if (room.Length < _frameHeader)
            {
                return false;
            }

            WriteFrameHeader(room, block);
            room = room[_frameHeader..];
            _within = _frameHeader;
        }

        int offset = _within - _frameHeader;
        int part = Math.Min(room.Length, block.PayloadBytes - offset);
        WriteVoxels(room[..part], block, offset);
        room = room[part..];
        _within += part;
        return offset + part == block.PayloadBytes;
    }

    private static void WriteFrameHeader(Span<byte> target, in StoredBlock block)
    {
        if (block.Missing)
        {
            target[..FrameHeader].Fill(0xff);
            return;
        }

        Model.Size3 size = block.Header.Size;
        BinaryPrimitives.WriteInt32BigEndian(target, (int)size.X);
        BinaryPrimitives.WriteInt32BigEndian(target[4..], (int)size.Y);
        BinaryPrimitives.WriteInt32BigEndian(target[8..], (int)size.Z);
    }

    private static void WriteVoxels(Span<byte> target, in StoredBlock block, int offset)
    {
        if (block.Voxels is { } voxels)
        {
            voxels.Payload.Slice(offset, target.Length).CopyTo(target);
        }
        else if (!target.IsEmpty && !block.ReadRaw(target, offset))
        {
            throw new EndOfStreamException("a block file became shorter while it was being sent");
        }
    }
}
