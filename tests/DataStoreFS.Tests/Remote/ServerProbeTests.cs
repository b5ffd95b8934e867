using System.Net.Sockets;
using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class ServerProbeTests : ClientTest
{
    private const string Name = "datastorefs-asks";

    [Fact]
    public async Task AnUnknownDatasetInTheOriginalsWordsIsADataStore()
    {
        ScriptedServer server = Serve(r => ScriptedAnswer.Text(404, $"Dataset with UUID = {r.Target.Split('/')[^1]} not found "));
        await Client(server).RequireServerAsync(default);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task BehindAProxyWithItsOwnPagesTheCollectionDecides()
    {
        ScriptedServer server = Serve(r => r.Target == "/datasets/" ? new ScriptedAnswer(405) : ScriptedAnswer.Text(404, "<html>Oops</html>"));
        await Client(server).RequireServerAsync(default);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(404, "", DataStoreErrorKind.Protocol)]
    [InlineData(404, "<html><h1>Not Found</h1> /datasets/{0}</html>", DataStoreErrorKind.Protocol)]
    [InlineData(200, "<html>Welcome</html>", DataStoreErrorKind.Protocol)]
    [InlineData(200, "{{\"uuid\":\"{0}\"}}", DataStoreErrorKind.Protocol)]
    [InlineData(302, "", DataStoreErrorKind.Protocol)]
    [InlineData(405, "", DataStoreErrorKind.Refused)]
    [InlineData(401, "who are you", DataStoreErrorKind.Unauthorized)]
    [InlineData(500, "cannot read {0}", DataStoreErrorKind.Unreachable)]
    public async Task WhateverAnswersEverythingAlikeIsNone(int status, string text, DataStoreErrorKind kind)
    {
        ScriptedServer server = Serve(r => ScriptedAnswer.Text(
            status, string.Format(System.Globalization.CultureInfo.InvariantCulture, text, r.Target.Split('/')[^1])));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Client(server).RequireServerAsync(default));

        Assert.Equal(kind, fault.Kind);
        Assert.StartsWith(server.Address, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Name, fault.Message, StringComparison.Ordinal);
        Assert.Contains(server.Requests, r => r.Target.Contains(Name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SocketError.HostNotFound)]
    [InlineData(SocketError.TryAgain)]
    public void ANameThatIsNotResolvedIsSaidToBeOne(SocketError error)
    {
        using ProgressTimeout progress = new(TimeSpan.FromMinutes(1), default);
        Attempt attempt = HttpFaults.FromException("GET http://h", new HttpRequestException("x", new SocketException((int)error)), progress);
        Assert.Contains("the host's name has no address", attempt.Fault!.Message, StringComparison.Ordinal);
        Assert.Equal(DataStoreErrorKind.Unreachable, attempt.Fault.Kind);
    }
}
