using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class HostileAnswerTests : ClientTest
{
    [Theory]
    [InlineData(-1, 3, 2)]
    [InlineData(4, 3, -2)]
    [InlineData(-1, -1, 1)]
    [InlineData(int.MinValue, int.MinValue, int.MinValue)]
    [InlineData(5, 3, 2)]
    [InlineData(4, 3, 3)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    public async Task SizesThatCannotBeAreRefusedBeforeMemoryIsTaken(int x, int y, int z)
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Ok(FrameOf(default), Frames.Header(x, y, z), new byte[100]));
        CollectingSink sink = new();

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).ReadBlocksAsync(Image, Row(3), sink, default));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.Contains("block 2 of 3", fault.Message, StringComparison.Ordinal);
        Assert.Single(sink.Delivered);
        Assert.Single(server.Requests);
        Assert.Equal(0, Pool.RentedBytes);
    }

    [Fact]
    public async Task SurplusBytesSpoilTheLastBlock()
    {
        ScriptedServer server = Serve(r => ScriptedAnswer.Ok([.. r.Blocks().Select(FrameOf), [1]]));
        CollectingSink sink = new();

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).ReadBlocksAsync(Image, Row(2), sink, default));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.Single(sink.Delivered);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(12)]
    [InlineData(30)]
    public async Task AnAnswerThatEndsEarlyKeepsWhatHasCome(int ofTheSecond)
    {
        byte[] frame = FrameOf(default);
        ScriptedServer server = Serve(r => ScriptedAnswer.Ok(FrameOf(r.Blocks()[0]), frame[..ofTheSecond]));
        CollectingSink sink = new();

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server, new RemoteOptions { Retries = 0 }).ReadBlocksAsync(Image, Row(2), sink, default));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.Equal(FileOf(0), Assert.Single(sink.Delivered).File);
    }

    [Fact]
    public async Task AfterACutConnectionOnlyTheRestIsAskedForAgain()
    {
        ScriptedServer server = Serve(r =>
        {
            byte[] all = [.. r.Blocks().SelectMany(FrameOf)];
            return r.Blocks().Count == 1 ? ScriptedAnswer.Ok(all) : ScriptedAnswer.Ok(all[..^10]).Claiming(all.Length);
        });
        CollectingSink sink = new();

        await Client(server).ReadBlocksAsync(Image, Row(3), sink, default);

        Assert.Equal([3, 1], server.Requests.Select(r => r.Blocks().Count));
        Assert.Equal([0, 1, 2], sink.Delivered.Select(d => d.Index));
        Assert.All(sink.Delivered, d => Assert.Equal(FileOf(d.Index), d.File));
    }

    [Fact]
    public async Task ChunksThatStopWithoutAnEndAreNotAnAnswer()
    {
        ScriptedServer server = Serve(r => AllBlocks(r).Chunked(16, cut: true));
        CollectingSink sink = new();

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server, new RemoteOptions { Retries = 2 }).ReadBlocksAsync(Image, Row(1), sink, default));

        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
        Assert.Equal(3, server.Requests.Count);
        Assert.Empty(sink.Delivered);
    }

    [Fact]
    public async Task SilenceIsATimeoutAndIsNotRepeated()
    {
        ScriptedServer server = Serve(r => AllBlocks(r).Pausing(3, new TaskCompletionSource().Task));
        RemoteOptions hasty = new() { Timeout = TimeSpan.FromMilliseconds(100) };

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server, hasty).ReadBlocksAsync(Image, Row(1), new CollectingSink(), default));

        Assert.Equal(DataStoreErrorKind.Timeout, fault.Kind);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task WhatIsNotHttpIsSaidToBeSo()
    {
        ScriptedServer server = Serve(r => AllBlocks(r).Header("X", "a\r\nno header at all"));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).ReadBlocksAsync(Image, Row(1), new CollectingSink(), default));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public async Task AnEndlessJsonEnds()
    {
        byte[] much = new byte[17 << 20];
        ScriptedServer server = Serve(_ => ScriptedAnswer.Ok(much).Chunked(1 << 20));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Client(server).GetDatasetJsonAsync("u-1", default));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.Contains("longer than 16 MiB", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClaimedLengthIsNotBelieved()
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Ok("{}"u8.ToArray()).Claiming(long.MaxValue));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server, new RemoteOptions { Retries = 0 }).GetDatasetJsonAsync("u-1", default));

        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
    }
}
