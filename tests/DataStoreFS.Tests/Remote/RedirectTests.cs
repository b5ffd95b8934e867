using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

/// <summary>Dedicated servers of old deployments, and what a token must not do on the way there.</summary>
public sealed class RedirectTests : ClientTest
{
    private const string NoTemplate = "RESTEASY003210: Could not find resource for full path";

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    public async Task AServerWithoutASharedEndpointIsStartedOnceForAllRequests(int status)
    {
        ScriptedServer dedicated = Serve(r => AllBlocks(r, skip: 0));
        ScriptedServer server = Serve(r => r.Target.Contains("/read?", StringComparison.Ordinal)
            ? ScriptedAnswer.Redirect(dedicated.Address + "/")
            : ScriptedAnswer.Text(status, NoTemplate));
        DataStoreClient client = Client(server);
        CollectingSink[] sinks = [.. Enumerable.Range(0, 8).Select(_ => new CollectingSink())];

        await Task.WhenAll(sinks.Select(s => client.ReadBlocksAsync(Image, Row(2), s, default)));

        Assert.All(sinks, s => Assert.Equal([FileOf(0), FileOf(1)], s.Delivered.Select(d => d.File!)));
        Assert.Single(server.Requests, r => r.Target.StartsWith("/datasets/u-1/1/1/1/0/read?timeout=", StringComparison.Ordinal));
        Assert.All(dedicated.Requests, r => Assert.Equal("/0/0/0/3/1/2/1/0/0/3/1/2", r.Target));
    }

    [Fact]
    public async Task WhenTheDedicatedServerIsGoneAnotherIsStarted()
    {
        ScriptedServer second = Serve(r => AllBlocks(r, skip: 0));
        await using ScriptedServer first = new(r => AllBlocks(r, skip: 0).Closing());
        int starts = 0;
        ScriptedServer server = Serve(r => r.Target.Contains("/read?", StringComparison.Ordinal)
            ? ScriptedAnswer.Redirect((++starts == 1 ? first : second).Address + "/")
            : ScriptedAnswer.Text(405, ""));
        DataStoreClient client = Client(server);
        await client.ReadBlocksAsync(Image, Row(1), new CollectingSink(), default);
        await first.DisposeAsync();
        CollectingSink sink = new();

        await client.ReadBlocksAsync(Image, Row(1), sink, default);

        Assert.Equal(FileOf(0), Assert.Single(sink.Delivered).File);
        Assert.Equal(2, starts);
        Assert.Single(second.Requests);
    }

    [Fact]
    public async Task ARedirectedBlockRequestMovesTheWholeLevel()
    {
        ScriptedServer other = Serve(r => AllBlocks(r, skip: 1));
        ScriptedServer server = Serve(r => ScriptedAnswer.Redirect($"{other.Address}/moved{r.Target["/datasets/u-1/1/1/1/0".Length..]}"));
        DataStoreClient client = Client(server);

        await client.ReadBlocksAsync(Image, Row(2), new CollectingSink(), default);
        await client.ReadBlocksAsync(Image, Row(3), new CollectingSink(), default);

        Assert.Single(server.Requests);
        Assert.All(other.Requests, r => Assert.StartsWith("/moved/0/0/0/3/1/2", r.Target, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ACircleOfRedirectsEnds()
    {
        ScriptedServer server = Serve(r => ScriptedAnswer.Redirect(r.Target));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).ReadBlocksAsync(Image, Row(1), new CollectingSink(), default));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.InRange(server.Requests.Count, 2, 8);
    }

    [Fact]
    public async Task A404OfAServerThatHasTheEndpointStaysA404()
    {
        ScriptedServer server = Serve(r => r.Target.Contains("/read?", StringComparison.Ordinal)
            ? ScriptedAnswer.Redirect("/datasets/u-1/1/1/1/0/")
            : ScriptedAnswer.Text(404, "no dataset u-1"));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server).ReadBlocksAsync(Image, Row(1), new CollectingSink(), default));

        Assert.Equal(DataStoreErrorKind.NotFound, fault.Kind);
        Assert.Contains("no dataset u-1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTokenGoesToItsOwnServerAndNowhereElse()
    {
        ScriptedServer other = Serve(r => AllBlocks(r, skip: 0));
        ScriptedServer server = Serve(r => r.Target.Contains("/read?", StringComparison.Ordinal)
            ? ScriptedAnswer.Redirect(other.Address + "/")
            : ScriptedAnswer.Text(404, NoTemplate));

        await Client(server, new RemoteOptions { Token = AccessToken.FromText("s3cret") })
            .ReadBlocksAsync(Image, Row(1), new CollectingSink(), default);

        Assert.All(server.Requests, r => Assert.Equal("Bearer s3cret", r.Headers["Authorization"]));
        Assert.All(other.Requests, r => Assert.DoesNotContain("Authorization", r.Headers.Keys));
        Assert.Single(other.Requests);
    }

    [Fact]
    public async Task AServerThatRepeatsTheTokenDoesNotGetItIntoAMessage()
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(401, "401: \"s3cret\" is not a valid token."));
        AccessToken token = AccessToken.FromText("s3cret");

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => Client(server, new RemoteOptions { Token = token }).GetDatasetJsonAsync("u-1", default));

        Assert.Equal(DataStoreErrorKind.Unauthorized, fault.Kind);
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", new RemoteOptions { Token = token }.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://h:9080/datasets/u/1/1/1/0/read", "http://h:9080/datasets/u/1/1/1/3/", "http://h:9080/datasets/u/1/1/1/3/")]
    [InlineData("https://h/x", "http://h/datasets/u/1/1/1/3/", "https://h/datasets/u/1/1/1/3/")]
    [InlineData("https://h:8443/x", "http://h:9080/", "http://h:9080/")]
    [InlineData("http://h:9080/a/b", "/c/", "http://h:9080/c/")]
    public void TheOwnAuthorityKeepsItsScheme(string addressed, string location, string expected) =>
        Assert.Equal(expected, RedirectTarget.Resolve(addressed, new Uri(location, UriKind.RelativeOrAbsolute))!.AbsoluteUri);

    [Fact]
    public void OtherSchemesAreNoTargets() => Assert.Null(RedirectTarget.Resolve("http://h/", new Uri("gopher://h/etc")));
}
