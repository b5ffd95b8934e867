using DataStoreFS.N5;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>Buffers of one block file over a pool that must have everything back in the end.</summary>
public abstract class BlockWriteBufferTest : IDisposable
{
    private protected const int Usual = 1 << 12;
    private protected const int Maximum = 1 << 14;

    private protected NativeBlockPool Pool { get; } = new();

    public void Dispose()
    {
        Assert.Equal(0, Pool.Rented);
        Pool.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected BlockWriteBuffer New(bool existed) => new(Pool, "setup0/timepoint0/s0/0/0/0", existed, Usual, Maximum);

    private protected static byte[] Content(BlockWriteBuffer buffer)
    {
        byte[] content = new byte[(int)buffer.Length! + 10];
        Assert.True(buffer.TryRead(0, content, out int count));
        return content[..count];
    }

    private protected static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
