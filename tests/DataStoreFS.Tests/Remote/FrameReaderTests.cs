using System.Runtime.InteropServices;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

/// <summary>How often a voxel is copied on its way in: counted by where the connection is asked to put it.</summary>
public sealed class FrameReaderTests
{
    private static readonly Size3 s_size = new(16, 16, 16);

    [Fact]
    public async Task VoxelsAreReadFromTheConnectionStraightIntoTheBlockThatIsCached()
    {
        const int blocks = 8;
        using NativeBlockPool pool = new();
        byte[] answer = [.. Enumerable.Range(0, blocks).SelectMany(i => Frames.Block(s_size, Frames.Voxels(s_size, i)))];
        CountingStream connection = new(answer);
        using ProgressTimeout progress = new(TimeSpan.FromMinutes(1), CancellationToken.None);
        CollectingSink sink = new();
        BlockRequest[] requests = [.. Enumerable.Range(0, blocks).Select(i => new BlockRequest(i, 0, 0, s_size, s_size, 1))];

        await new FrameReader(pool, connection, progress, "test").ReadAsync(requests, 0, blocks, sink);

        Assert.Equal(blocks * s_size.Count, connection.IntoBlocks);
        Assert.Equal(blocks * 12, connection.Elsewhere);
        Assert.All(sink.Delivered, d => Assert.Equal(Frames.Voxels(s_size, d.Index), d.File![BlockBuffer.HeaderBytes..]));
        Assert.Equal(0, pool.Rented);
    }

    /// <summary>Gives at most 1,000 bytes a read, as a socket gives what has come.</summary>
    private sealed class CountingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public long IntoBlocks { get; private set; }

        public long Elsewhere { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Read(buffer.Span[..Math.Min(buffer.Length, 1000)]);
            if (MemoryMarshal.TryGetMemoryManager<byte, BlockBuffer>(buffer, out _))
            {
                IntoBlocks += count;
            }
            else
            {
                Elsewhere += count;
            }

            return new(count);
        }
    }
}
