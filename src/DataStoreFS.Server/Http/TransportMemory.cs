using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace DataStoreFS.Server.Http;

/// <summary>
/// The memory into which sockets receive. Kestrel's own blocks are 4 KiB, which makes 128 receives and as many segments of one uploaded block; these
/// are 64 KiB, pinned once, and kept.
/// </summary>
internal sealed class TransportMemory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    /// <remarks>
    /// Contract: the pool owns what is returned to it, a renter what it has until it disposes it, once. Thread-safe. What is still out when the pool is
    /// disposed goes to the garbage collector.
    /// </remarks>
    private sealed class Pool : MemoryPool<byte>
    {
        private const int BlockBytes = 64 << 10;

        // 32 MiB: as much as all processors can have in flight at 1 MiB of request buffer, many times over.
        private const int MostKept = 512;
        private readonly ConcurrentQueue<Block> _free = new();

        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
            if (!_free.TryDequeue(out Block? block))
            {
                block = new Block(this, GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true));
            }

            return block;
        }

        protected override void Dispose(bool disposing) => _free.Clear();

        private sealed class Block(Pool pool, byte[] bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(bytes, 0, bytes.Length);

            public void Dispose()
            {
                if (pool._free.Count < MostKept)
                {
                    pool._free.Enqueue(this);
                }
            }
        }
    }
}
