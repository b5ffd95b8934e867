using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class BlockPostTests : ClientTest
{
    [Fact]
    public async Task FramesArePostedWithTheirExactLength()
    {
        ScriptedServer server = Serve(_ => new ScriptedAnswer(200));
        using BlockList blocks = new(Pool, 3);

        await Client(server).WriteBlocksAsync(Image, blocks.Writes, default);

        ScriptedRequest request = Assert.Single(server.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Equal("/datasets/u-1/1/1/1/0/0/0/0/3/1/2/1/0/0/3/1/2/2/0/0/3/1/2", request.Target);
        Assert.Equal("application/octet-stream", request.Headers["Content-Type"]);
        Assert.Equal([.. Enumerable.Range(0, 3).SelectMany(x => FrameOf(new BlockAt(x, 0, 0, 0, 0, 0)))], request.Body);
    }

    [Theory]
    [InlineData(413, DataStoreErrorKind.Refused)]
    [InlineData(400, DataStoreErrorKind.Refused)]
    [InlineData(403, DataStoreErrorKind.Unauthorized)]
    [InlineData(500, DataStoreErrorKind.Unreachable)]
    [InlineData(503, DataStoreErrorKind.Unreachable)]
    public async Task ARefusalIsToldAndNothingIsRepeated(int status, DataStoreErrorKind kind)
    {
        ScriptedServer server = Serve(_ => new ScriptedAnswer(status));
        using BlockList blocks = new(Pool, 1);

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Client(server).WriteBlocksAsync(Image, blocks.Writes, default));

        Assert.Equal(kind, fault.Kind);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task WritesFindTheirWayToADedicatedServer()
    {
        ScriptedServer dedicated = Serve(_ => new ScriptedAnswer(200));
        ScriptedServer server = Serve(r => r.Target.Contains("/read-write?", StringComparison.Ordinal)
            ? ScriptedAnswer.Redirect(dedicated.Address + "/")
            : ScriptedAnswer.Text(405, ""));
        using BlockList blocks = new(Pool, 1);

        await Client(server).WriteBlocksAsync(Image, blocks.Writes, default);

        Assert.Equal("/0/0/0/3/1/2", Assert.Single(dedicated.Requests).Target);
        Assert.Equal(FrameOf(default), dedicated.Requests.Single().Body);
    }

    [Fact]
    public async Task MixedLatestIsNeverWritten()
    {
        ScriptedServer server = Serve(_ => new ScriptedAnswer(200));
        using BlockList blocks = new(Pool, 1);

        await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).WriteBlocksAsync(Image with { Version = "mixedLatest" }, blocks.Writes, default));

        Assert.Empty(server.Requests);
    }

    private sealed class BlockList : IDisposable
    {
        public BlockList(NativeBlockPool pool, int count)
        {
            for (int x = 0; x < count; x++)
            {
                byte[] file = FileOf(x);
                BlockBuffer block = pool.Rent(file.Length);
                file.CopyTo(block.GetSpan());
                Writes.Add(new BlockWrite(x, 0, 0, block));
            }
        }

        public List<BlockWrite> Writes { get; } = [];

        public void Dispose() => Writes.ForEach(w => w.Block.Release());
    }
}
