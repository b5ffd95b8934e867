using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class ListedVersionsTests : ClientTest
{
    private const string Json = """
        {"uuid":"u-1","voxelType":"uint8","dimensions":[8,8,8],"timepoints":1,"channels":1,"angles":1,"voxelResolution":[1,1,1],"compression":"raw",
         "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[4,4,4]}],"versions":[2,0]}
        """;

    [Fact]
    public async Task AListedVersionIsWrittenToAndTheDatasetIsAskedForOnceHoweverManyWait()
    {
        TaskCompletionSource gate = new();
        ScriptedServer server = Serve(r => r.Method == "GET" ? ScriptedAnswer.Text(200, Json).After(gate.Task) : new ScriptedAnswer(200));
        ListedVersions writer = new(Client(server));

        Task[] writes = [.. new[] { "2", "0", "2" }.Select(version => WriteAsync(writer, "u-1", version))];
        gate.SetResult();
        await Task.WhenAll(writes);

        Assert.Equal("/datasets/u-1", Assert.Single(server.Requests, r => r.Method == "GET").Target);
        Assert.Equal(3, server.Requests.Count(r => r.Method == "POST"));
    }

    [Theory]
    [InlineData(200, Json, "no version 1 of dataset u-1 any more and would make an empty one: it has 0, 2")]
    [InlineData(404, "Dataset with UUID = u-1 not found ", "Dataset with UUID = u-1 not found")]
    public async Task AVersionThatIsNotListedIsRefusedAndNothingIsSent(int status, string answer, string why)
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(status, answer));
        ListedVersions writer = new(Client(server));

        for (int i = 0; i < 2; i++)
        {
            DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => WriteAsync(writer, "u-1", "1"));
            Assert.Equal(DataStoreErrorKind.Refused, fault.Kind);
            Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal("GET", Assert.Single(server.Requests).Method);
    }

    [Fact]
    public async Task AnAnswerThatDoesNotComeIsAskedForAgainAndRefusesNothing()
    {
        bool well = false;
        ScriptedServer server = Serve(r => !Volatile.Read(ref well) ? ScriptedAnswer.Text(503, "later") : ScriptedAnswer.Text(200, Json));
        ListedVersions writer = new(Client(server, new RemoteOptions { Retries = 0 }));

        Assert.Equal(
            DataStoreErrorKind.Unreachable, (await Assert.ThrowsAsync<DataStoreException>(() => WriteAsync(writer, "u-1", "2"))).Kind);
        Volatile.Write(ref well, true);
        await WriteAsync(writer, "u-1", "2");

        Assert.Equal(["GET", "GET", "POST"], server.Requests.Select(r => r.Method));
    }

    [Fact]
    public async Task WhoGivesUpWaitingDoesNotEndTheQuestionOfTheOthers()
    {
        TaskCompletionSource gate = new();
        ScriptedServer server = Serve(r => r.Method == "GET" ? ScriptedAnswer.Text(200, Json).After(gate.Task) : new ScriptedAnswer(200));
        ListedVersions writer = new(Client(server));
        using CancellationTokenSource impatient = new();

        Task first = WriteAsync(writer, "u-1", "2", impatient.Token);
        Task second = WriteAsync(writer, "u-1", "2");
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();
        await second;

        Assert.Single(server.Requests, r => r.Method == "GET");
    }

    [Fact]
    public async Task TheMountedVolumeIsNotAskedFor()
    {
        ScriptedServer server = Serve(_ => new ScriptedAnswer(200));
        ListedVersions writer = new(Client(server));
        writer.Add("u-1", [0, 5]);

        await WriteAsync(writer, "u-1", "5");

        Assert.Equal("POST", Assert.Single(server.Requests).Method);
    }

    private async Task WriteAsync(ListedVersions writer, string uuid, string version, CancellationToken cancellationToken = default)
    {
        byte[] file = FileOf(0);
        BlockBuffer block = Pool.Rent(file.Length);
        file.CopyTo(block.GetSpan());
        try
        {
            await writer.WriteBlocksAsync(Image with { Uuid = uuid, Version = version }, [new BlockWrite(0, 0, 0, block)], cancellationToken);
        }
        finally
        {
            block.Release();
        }
    }
}
