using System.Diagnostics;
using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

/// <summary>Honest answers and what is asked for.</summary>
public sealed class BlockReadTests : ClientTest
{
    private const string NoVoxelType =
        "Cannot invoke \"java.lang.Integer.intValue()\" because the return value of \"java.util.Map.get(Object)\" is null";

    [Fact]
    public async Task BlocksComeAsN5FilesInTheOrderAskedFor()
    {
        ScriptedServer server = Serve(r => AllBlocks(r));
        CollectingSink sink = new();

        await Client(server).ReadBlocksAsync(Image, Row(3), sink, default);

        Assert.Equal("/datasets/u-1/1/1/1/0/0/0/0/3/1/2/1/0/0/3/1/2/2/0/0/3/1/2", Assert.Single(server.Requests).Target);
        Assert.Equal([0, 1, 2], sink.Delivered.Select(d => d.Index));
        Assert.All(sink.Delivered, d => Assert.Equal(FileOf(d.Index), d.File));
        Assert.All(sink.Delivered, d => Assert.Equal(Full, d.Stored));
    }

    /// <summary>The protocol sheet's own example: a uint8 block of 1 x 2 x 2, then a missing one.</summary>
    [Fact]
    public async Task AnnotatedBytesOfABlockAndAMissingOneAreUnderstood()
    {
        byte[] wire =
        [
            0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, // sizes
            0x0A, 0x0B, 0x0C, 0x0D, // voxels
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, // missing
        ];
        ScriptedServer server = Serve(_ => ScriptedAnswer.Ok(wire));
        CollectingSink sink = new();

        await Client(server).ReadBlocksAsync(Image, [At(0, new Size3(1, 2, 2)), At(1)], sink, default);

        Assert.Equal([0, 0, 0, 3, .. wire[..16]], sink.Delivered[0].File);
        Assert.Null(sink.Delivered[1].File);
        Assert.Equal(default, sink.Delivered[1].Stored);
    }

    /// <summary>Without a [1,1,1] level the original answers so for a block that it does not have.</summary>
    [Theory]
    [InlineData(true, 1, 500, NoVoxelType, true)]
    [InlineData(false, 1, 500, NoVoxelType, false)]
    [InlineData(true, 2, 500, NoVoxelType, false)]
    [InlineData(true, 1, 500, "disk on fire", false)]
    [InlineData(true, 1, 400, NoVoxelType, false)]
    public async Task AVoxelTypeThatTheServerDoesNotFindIsAMissingBlock(bool failsWhenMissing, int blocks, int status, string text, bool missing)
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(status, text));
        CollectingSink sink = new();
        BlockRequest[] requests = [.. Row(blocks).Select(request => request with { FailsWhenMissing = failsWhenMissing })];

        Task reading = Client(server).ReadBlocksAsync(Image, requests, sink, default);

        if (missing)
        {
            await reading;
            Assert.Equal((0, null, default), Assert.Single(sink.Delivered));
        }
        else
        {
            Assert.True((await Assert.ThrowsAsync<DataStoreException>(() => reading)).IsAnswer);
            Assert.Empty(sink.Delivered);
        }
    }

    [Fact]
    public async Task PaddedAndShrunkenBlocksAreMadeToFitTheGrid()
    {
        Size3 clipped = new(2, 3, 2);
        Size3 small = new(1, 1, 1);
        ScriptedServer server = Serve(_ => ScriptedAnswer.Ok(
            Frames.Block(Full, Frames.Voxels(Full, 1)), Frames.Block(small, [9]), Frames.Block(new Size3(0, 0, 0), [])));
        CollectingSink sink = new();

        await Client(server).ReadBlocksAsync(Image, [At(0, clipped), At(1), At(2)], sink, default);

        byte[] full = Frames.Voxels(Full, 1);
        Assert.Equal([full[0], full[1], full[4], full[5]], sink.Delivered[0].File![16..20]);
        Assert.Equal([0, 0, 0, 3, .. Frames.Header(2, 3, 2)], sink.Delivered[0].File![..16]);
        Assert.Equal([9, .. new byte[23]], sink.Delivered[1].File![16..]);
        Assert.Equal(new byte[24], sink.Delivered[2].File![16..]);
        Assert.Equal([Full, small, default], sink.Delivered.Select(d => d.Stored));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task ChunksMayFallAnywhere(int chunk)
    {
        ScriptedServer server = Serve(r => AllBlocks(r).Chunked(chunk));
        CollectingSink sink = new();

        await Client(server).ReadBlocksAsync(Image, Row(5), sink, default);

        Assert.All(sink.Delivered, d => Assert.Equal(FileOf(d.Index), d.File));
        Assert.Equal(5, sink.Delivered.Count);
    }

    [Fact]
    public async Task EachBlockIsDeliveredBeforeTheNextHasCome()
    {
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedServer server = Serve(r => AllBlocks(r).Pausing(FrameOf(default).Length, first.Task));
        CollectingSink sink = new() { OnDelivery = _ => first.TrySetResult() };

        await Client(server).ReadBlocksAsync(Image, Row(2), sink, default);

        Assert.Equal(2, sink.Delivered.Count);
    }

    [Fact]
    public async Task ConnectionsAreUsedAgain()
    {
        ScriptedServer server = Serve(r => AllBlocks(r));
        DataStoreClient client = Client(server);
        for (int i = 0; i < 10; i++)
        {
            await client.ReadBlocksAsync(Image, Row(2), new CollectingSink(), default);
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task TheDistanceOfTheServerIsTheKernelsMeasureOfAHandshake()
    {
        ScriptedServer server = Serve(r => AllBlocks(r));
        DataStoreClient client = Client(server);
        Assert.Equal(TimeSpan.Zero, client.RoundTrip);

        await client.ReadBlocksAsync(Image, Row(1), new CollectingSink(), default);

        // Loopback: some tens of microseconds, however long this program took to open its first connection.
        Assert.InRange(client.RoundTrip.TotalMilliseconds, 0.001, 100);
    }

    [Fact]
    public async Task TheEffortOfTheServerIsTheQuickestAnswerSoFar()
    {
        ScriptedServer server = Serve(r => AllBlocks(r));
        DataStoreClient client = Client(server);
        Assert.Equal(TimeSpan.Zero, client.Effort);

        long begin = Stopwatch.GetTimestamp();
        await client.ReadBlocksAsync(Image, Row(1), new CollectingSink(), default);
        TimeSpan first = client.Effort;
        Assert.InRange(first, TimeSpan.FromTicks(1), Stopwatch.GetElapsedTime(begin));
        for (int i = 0; i < 10; i++)
        {
            await client.ReadBlocksAsync(Image, Row(1), new CollectingSink(), default);
            Assert.InRange(client.Effort, TimeSpan.Zero, first);
            first = client.Effort;
        }
    }

    [Fact]
    public async Task NoRequestLineIsLongerThanTheLimitAndNoBlockIsLost()
    {
        ScriptedServer server = Serve(r => AllBlocks(r));
        CollectingSink sink = new();

        await Client(server, new RemoteOptions { RequestLineLimit = 300 }).ReadBlocksAsync(Image, Row(100), sink, default);

        Assert.All(server.Requests, r => Assert.InRange(r.LineLength, 1, 300));
        Assert.Equal(Enumerable.Range(0, 100), sink.Delivered.Select(d => d.Index));
        Assert.All(sink.Delivered, d => Assert.Equal(FileOf(d.Index), d.File));
        Assert.InRange(server.Requests.Count, 2, 10);
    }

    [Fact]
    public async Task ARefusedRequestLineMakesTheFollowingOnesShorter()
    {
        ScriptedServer server = Serve(r => r.LineLength > 600 ? new ScriptedAnswer(414).Closing() : AllBlocks(r));
        DataStoreClient client = Client(server);
        CollectingSink sink = new();

        await client.ReadBlocksAsync(Image, Row(150), sink, default);
        int refused = server.Requests.Count(r => r.LineLength > 600);
        await client.ReadBlocksAsync(Image, Row(150), new CollectingSink(), default);

        Assert.Equal(150, sink.Delivered.Count);
        Assert.Equal(refused, server.Requests.Count(r => r.LineLength > 600));
    }

    [Fact]
    public async Task CancellingFreesTheCallerWhileTheServerIsSilent()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource never = new();
        ScriptedServer server = Serve(r =>
        {
            asked.SetResult();
            return AllBlocks(r).After(never.Task);
        });
        using CancellationTokenSource cancel = new();
        Task read = Client(server).ReadBlocksAsync(Image, Row(2), new CollectingSink(), cancel.Token);
        await asked.Task;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("new")]
    [InlineData("0/delete")]
    [InlineData("-1")]
    [InlineData("")]
    public async Task VersionsThatCouldDoHarmAreNeverSent(string version)
    {
        ScriptedServer server = Serve(r => AllBlocks(r));
        DataStoreClient client = Client(server);

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => client.ReadBlocksAsync(Image with { Version = version }, Row(1), new CollectingSink(), default));

        Assert.Equal(DataStoreErrorKind.Usage, fault.Kind);
        Assert.Empty(server.Requests);
    }
}
