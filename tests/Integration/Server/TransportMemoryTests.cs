using System.Buffers;
using DataStoreFS.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Integration.Server;

public sealed class TransportMemoryTests
{
    [Fact]
    public async Task SocketsReceiveIntoLargeBlocks()
    {
        await using WebApplication application = Listening.Create(ServerFixture.Options("unused"));
        Assert.IsType<TransportMemory>(application.Services.GetRequiredService<IMemoryPoolFactory<byte>>());
        using MemoryPool<byte> pool = new TransportMemory().Create();
        using IMemoryOwner<byte> usual = pool.Rent();
        using IMemoryOwner<byte> small = pool.Rent(4096);
        Assert.Equal((64 << 10, 64 << 10), (usual.Memory.Length, small.Memory.Length));
    }

    /// <summary>What is larger than the largest buffer of its pool, Kestrel allocates.</summary>
    [Fact]
    public void APieceOfAnAnswerIsOneBuffer()
    {
        using MemoryPool<byte> pool = new TransportMemory().Create();
        Assert.Equal(TransportMemory.PieceBytes, pool.MaxBufferSize);
        using IMemoryOwner<byte> piece = pool.Rent(TransportMemory.PieceBytes);
        Assert.Equal(TransportMemory.PieceBytes, piece.Memory.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(TransportMemory.PieceBytes + 1));
    }

    [Fact]
    public void TheFirstBurstAllocatesNoPieces()
    {
        using MemoryPool<byte> pool = new TransportMemory().Create();
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<IMemoryOwner<byte>> burst = [];
        for (int i = 0; i < 16; i++)
        {
            burst.Add(pool.Rent(TransportMemory.PieceBytes));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
        burst.ForEach(piece => piece.Dispose());
    }

    [Fact]
    public void PoolsShareWhatWasReturnedLastFirst()
    {
        TransportMemory memory = new();
        using MemoryPool<byte> one = memory.Create();
        using MemoryPool<byte> other = memory.Create();
        IMemoryOwner<byte> first = one.Rent(TransportMemory.PieceBytes);
        IMemoryOwner<byte> second = one.Rent(TransportMemory.PieceBytes);
        Assert.NotSame(first, second);
        second.Dispose();
        first.Dispose();
        Assert.Same(first, other.Rent(TransportMemory.PieceBytes));
        Assert.Same(second, other.Rent(TransportMemory.PieceBytes));
    }
}
