using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace DataStoreFS.Server.Http;

/// <summary>
/// The memory into which sockets receive, and from which answers are sent. Kestrel's own blocks are 4 KiB, which makes 128 receives and as many
/// segments of one uploaded block; these are 64 KiB, pinned once, and kept. Pieces of an answer are up to <see cref="PieceBytes"/>.
/// </summary>
/// <remarks>
/// Kestrel takes what is above its pool's largest buffer from the shared pool of arrays, rounded up to 1 MiB each. The first burst of requests
/// allocated so many that the runtime collected garbage of all generations then and there: 5 ms in which no request was answered. Here the pieces of
/// a usual burst are made before there are any requests; like all memory they take up none before it is used. Native memory would need no collector,
/// but Kestrel sends several segments at a time only from arrays.
/// </remarks>
internal sealed class TransportMemory : IMemoryPoolFactory<byte>
{
    /// <summary>The largest buffer: a frame of 512 KiB, the usual block, and its neighbours' beginnings.</summary>
    public const int PieceBytes = 640 << 10;

    private const int BlockBytes = 64 << 10;

    // Two for each of the eight connections that a mount begins with at some distance.
    private const int MadeAhead = 16;

    // 32 MiB of blocks: as much as all processors can have in flight at 1 MiB of request buffer, many times over; and as much of pieces.
    private readonly Kept _blocks = new(BlockBytes, mostKept: 512);
    private readonly Kept _pieces = new(PieceBytes, mostKept: 48);

    public TransportMemory() => _pieces.Make(MadeAhead);

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(this);

    /// <remarks>
    /// Contract: what is rented belongs to the renter until it disposes it, once. Thread-safe. The memory is its factory's, and outlives the pool.
    /// </remarks>
    private sealed class Pool(TransportMemory memory) : MemoryPool<byte>
    {
        public override int MaxBufferSize => PieceBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, PieceBytes);
            return (minBufferSize <= BlockBytes ? memory._blocks : memory._pieces).Rent();
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    /// <summary>
    /// Free buffers of one size; the one that was returned last is the first to go out, because the processor still has it. Beyond a number they go
    /// to the garbage collector.
    /// </summary>
    private sealed class Kept(int bytes, int mostKept)
    {
        private readonly Lock _gate = new();
        private readonly Stack<Buffer> _free = new();

        public void Make(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Return(New());
            }
        }

        public Buffer Rent()
        {
            lock (_gate)
            {
                if (_free.TryPop(out Buffer? buffer))
                {
                    return buffer;
                }
            }

            return New();
        }

        public void Return(Buffer buffer)
        {
            lock (_gate)
            {
                if (_free.Count < mostKept)
                {
                    _free.Push(buffer);
                }
            }
        }

        private Buffer New() => new(this, GC.AllocateUninitializedArray<byte>(bytes, pinned: true));
    }

    private sealed class Buffer(Kept home, byte[] bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(bytes, 0, bytes.Length);

        public void Dispose() => home.Return(this);
    }
}
