using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

public sealed class BlockWriteBuffersTests : IDisposable
{
    private static readonly BlockKey s_key = new(0, 1, 2, 0, 3, 4, 5);

    private readonly NativeBlockPool _pool = new();
    private readonly BlockWriteBuffers _buffers = new();

    public void Dispose()
    {
        Assert.Equal(0, _buffers.Count);
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Fact]
    public void TwoHandlesOfANodeShareOneBuffer()
    {
        BlockWriteBuffer first = _buffers.Open(s_key, New());
        BlockWriteBuffer second = _buffers.Open(s_key, New());
        Assert.Same(first, second);
        first.Write(0, [1, 2]);
        Assert.False(_buffers.Close(first));
        Assert.True(_buffers.TryFind(s_key, out BlockWriteBuffer? found));
        Assert.Equal(2, found!.Length);
        Assert.True(_buffers.Close(second));
        Assert.False(_buffers.TryFind(s_key, out _));
    }

    [Fact]
    public void AfterUnlinkANewOpenStartsAfreshWhileTheOldHandleGoesOn()
    {
        BlockWriteBuffer old = _buffers.Open(s_key, New());
        old.Write(0, [1]);
        _buffers.Unlink(s_key);
        BlockWriteBuffer fresh = _buffers.Open(s_key, New());
        Assert.NotSame(old, fresh);
        Assert.Equal(0, fresh.Length);
        Assert.Equal(1, old.Length);
        Assert.Null(old.TakeUnsent());
        Assert.True(_buffers.Close(old));
        Assert.True(_buffers.TryFind(s_key, out BlockWriteBuffer? found));
        Assert.Same(fresh, found);
        Assert.True(_buffers.Close(fresh));
    }

    [Fact]
    public void OneHandleWritesHoweverManyRead()
    {
        BlockWriteBuffer buffer = _buffers.Open(s_key, New());
        _buffers.Open(s_key, New(), canWrite: false);
        Assert.True(_buffers.HasOneWriter(buffer));
        _buffers.Open(s_key, New());
        Assert.False(_buffers.HasOneWriter(buffer));
        Assert.False(_buffers.Close(buffer));
        Assert.True(_buffers.HasOneWriter(buffer));
        Assert.False(_buffers.Close(buffer, canWrite: false));
        Assert.True(_buffers.Close(buffer));
        Assert.False(_buffers.HasOneWriter(buffer));
    }

    private BlockWriteBuffer New() => new(_pool, "0/0/0", existed: false, 4096, 8192);
}
