using System.Net;
using System.Net.Sockets;
using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class RetryTests : ClientTest
{
    [Fact]
    public async Task AnEmpty500IsABlockBeingWrittenAndIsAskedForAgain()
    {
        int asked = 0;
        ScriptedServer server = Serve(r => ++asked < 3 ? new ScriptedAnswer(500) : AllBlocks(r));
        CollectingSink sink = new();

        await Client(server).ReadBlocksAsync(Image, Row(1), sink, default);

        Assert.Equal(3, asked);
        Assert.Equal(FileOf(0), Assert.Single(sink.Delivered).File);
    }

    [Fact]
    public async Task AnAnswerThatRefusesSeveralBlocksIsNotRepeatedForAllOfThem()
    {
        int asked = 0;
        ScriptedServer server = Serve(_ =>
        {
            asked++;
            return new ScriptedAnswer(500);
        });
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).ReadBlocksAsync(Image, Row(3), new CollectingSink(), default));

        Assert.Equal((1, true), (asked, fault.IsAnswer));
    }

    [Theory]
    [InlineData(400, "Channel=7 and angle=0 not found.", DataStoreErrorKind.Refused)]
    [InlineData(401, "who?", DataStoreErrorKind.Unauthorized)]
    [InlineData(403, "Anonymous user cannot access this resource", DataStoreErrorKind.Unauthorized)]
    [InlineData(406, "Cannot read in mode: WRITE", DataStoreErrorKind.Refused)]
    [InlineData(500, "Cannot invoke \"java.lang.Integer.intValue()\"", DataStoreErrorKind.Unreachable)]
    [InlineData(501, "", DataStoreErrorKind.Unreachable)]
    [InlineData(202, "accepted", DataStoreErrorKind.Protocol)]
    public async Task WhatWouldComeAgainIsNotRepeated(int status, string text, DataStoreErrorKind kind)
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(status, text));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).ReadBlocksAsync(Image, Row(1), new CollectingSink(), default));

        Assert.Equal(kind, fault.Kind);
        Assert.Single(server.Requests);
        Assert.Contains(text, fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{server.Address}/datasets/u-1/1/1/1/0/0/0/0/3/1/2", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    public async Task AGatewaysComplaintIsRepeatedAsOftenAsAllowed(int status)
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(status, "later"));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server, new RemoteOptions { Retries = 2 }).ReadBlocksAsync(Image, Row(1), new CollectingSink(), default));

        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task DuringAnOutageNothingIsRepeatedUntilAnAnswerEndsIt()
    {
        bool well = false;
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(Volatile.Read(ref well) ? 200 : 503, "{}"));
        DataStoreClient client = Client(server, new RemoteOptions { Retries = 2 });

        await Assert.ThrowsAsync<DataStoreException>(() => client.GetDatasetJsonAsync("u-1", default));
        await Assert.ThrowsAsync<DataStoreException>(() => client.GetDatasetJsonAsync("u-1", default));
        Assert.Equal(3 + 1, server.Requests.Count);

        Volatile.Write(ref well, true);
        await client.GetDatasetJsonAsync("u-1", default);
        Volatile.Write(ref well, false);
        await Assert.ThrowsAsync<DataStoreException>(() => client.GetDatasetJsonAsync("u-1", default));
        Assert.Equal(4 + 1 + 3, server.Requests.Count);
    }

    [Fact]
    public async Task AnOutageIsLoggedOnceAndItsEndOnceAndABrokenBlockIsNone()
    {
        RecordingLogger log = new();
        int status = 503;
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(Volatile.Read(ref status), "said"));
        DataStoreClient client = Client(server, new RemoteOptions { Retries = 0 }, log);
        foreach (int next in (int[])[200, 503, 503, 500, 503, 404, 200, 500, 200])
        {
            Volatile.Write(ref status, next);
            try
            {
                await client.GetDatasetJsonAsync("u-1", default);
            }
            catch (DataStoreException)
            {
                Assert.NotEqual(200, next);
            }
        }

        Assert.Equal(["Error", "Information", "Error", "Information"], log.Lines.Select(l => l.Level.ToString()));
    }

    [Fact]
    public async Task AServerThatHasNeverAnsweredIsNoOutage()
    {
        RecordingLogger log = new();
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(503, "said"));
        DataStoreClient client = Client(server, new RemoteOptions { Retries = 0 }, log);
        await Assert.ThrowsAsync<DataStoreException>(() => client.GetDatasetJsonAsync("u-1", default));
        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task NobodyThereIsUnreachableAndSaysWhy()
    {
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client($"http://127.0.0.1:{ClosedPort()}").GetDatasetJsonAsync("u-1", default));

        Assert.Equal(DataStoreErrorKind.Unreachable, fault.Kind);
        Assert.Contains("refused", fault.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task UnknownDatasetsAreNotFoundInTheServersWords()
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(404, "Dataset with UUID = u-2 not found "));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Client(server).GetDatasetJsonAsync("u-2", default));

        Assert.Equal(DataStoreErrorKind.NotFound, fault.Kind);
        Assert.EndsWith("answered 404: Dataset with UUID = u-2 not found", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AContentEncodingThatIsNoneIsIgnored()
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(200, "\uFEFF<SpimData/>").Header("Content-Encoding", "UTF-8"));

        Assert.Equal("<SpimData/>", await Client(server).GetXmlAsync("u-1", "all", default));
    }

    private static int ClosedPort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
