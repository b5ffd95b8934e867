using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class BlockPostTests : ClientTest
{
    // More than the sockets of both sides hold (tcp_wmem and tcp_rmem: 4 and 6 MiB), so that the connection breaks while it is sent.
    private const long Cut = 24 << 20;

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
    public async Task ABodyThatIsCutOffIsAnnouncedTheNextTimeSoThatTheRefusalIsHeard()
    {
        await using CuttingServer server = new(limit: Cut - 1);
        DataStoreClient client = Client(server.Address);
        using BlockList blocks = new(Pool, Cut);
        using BlockList small = new(Pool, 1);

        DataStoreException broken = await Assert.ThrowsAsync<DataStoreException>(() => client.WriteBlocksAsync(Image, blocks.Writes, default));
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(() => client.WriteBlocksAsync(Image, blocks.Writes, default));
        await client.WriteBlocksAsync(Image, small.Writes, default);

        Assert.Equal((DataStoreErrorKind.Unreachable, false), (broken.Kind, broken.IsAnswer));
        Assert.Equal((DataStoreErrorKind.Refused, true), (refused.Kind, refused.IsAnswer));
        Assert.Contains("413", refused.Message, StringComparison.Ordinal);
        Assert.Equal([(Cut, false, 413), (Cut, true, 413), (36, false, 200)], server.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ABodyThatIsTakenEndsTheAnnouncing(bool ignored)
    {
        await using CuttingServer server = new(limit: 0, ignored ? Announcing.Ignored : Announcing.Answered);
        DataStoreClient client = Client(server.Address);
        using BlockList blocks = new(Pool, Cut);

        await Assert.ThrowsAsync<DataStoreException>(() => client.WriteBlocksAsync(Image, blocks.Writes, default));
        server.Limit = Cut;
        await client.WriteBlocksAsync(Image, blocks.Writes, default);
        await client.WriteBlocksAsync(Image, blocks.Writes, default);

        Assert.Equal([(Cut, false, 413), (Cut, true, 200), (Cut, false, 200)], server.Requests);
    }

    [Fact]
    public async Task WhereAnnouncingIsRefusedNothingIsAnnouncedAnyMore()
    {
        await using CuttingServer server = new(limit: 0, Announcing.Refused);
        DataStoreClient client = Client(server.Address);
        using BlockList blocks = new(Pool, Cut);

        await Assert.ThrowsAsync<DataStoreException>(() => client.WriteBlocksAsync(Image, blocks.Writes, default));
        server.Limit = Cut;
        await client.WriteBlocksAsync(Image, blocks.Writes, default);
        server.Limit = 0;
        await Assert.ThrowsAsync<DataStoreException>(() => client.WriteBlocksAsync(Image, blocks.Writes, default));
        await Assert.ThrowsAsync<DataStoreException>(() => client.WriteBlocksAsync(Image, blocks.Writes, default));

        Assert.Equal([(Cut, false, 413), (Cut, true, 417), (Cut, false, 200), (Cut, false, 413), (Cut, false, 413)], server.Requests);
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

        /// <summary>One block, which is a body of so many bytes.</summary>
        public BlockList(NativeBlockPool pool, long bytes) => Writes.Add(new BlockWrite(0, 0, 0, pool.Rent((int)bytes + 4)));

        public List<BlockWrite> Writes { get; } = [];

        public void Dispose() => Writes.ForEach(w => w.Block.Release());
    }
}
