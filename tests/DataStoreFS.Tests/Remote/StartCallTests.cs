using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class StartCallTests : ClientTest
{
    private static readonly Size3 s_full = new(1, 1, 1);

    [Theory]
    [InlineData("http://elsewhere:1/datasets/u-1/1/1/1/7/")]
    [InlineData("/datasets/u-1/1/1/1/7/")]
    public async Task LatestIsTheNumberInTheRedirect(string location)
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Redirect(location));

        Assert.Equal(7, await Client(server).ResolveLatestAsync("u-1", s_full, default));

        Assert.StartsWith("/datasets/u-1/1/1/1/latest/read?", Assert.Single(server.Requests).Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADedicatedServerIsAskedWhichVersionItHas()
    {
        ScriptedServer dedicated = Serve(_ => ScriptedAnswer.Text(200, """{"uuid":"u-1","version":4,"mode":"READ"}"""));
        ScriptedServer server = Serve(_ => ScriptedAnswer.Redirect(dedicated.Address + "/"));

        Assert.Equal(4, await Client(server).ResolveLatestAsync("u-1", s_full, default));
    }

    [Fact]
    public async Task ARedirectThatNamesNoVersionIsAProtocolFault()
    {
        ScriptedServer server = Serve(r => r.Target == "/" ? ScriptedAnswer.Text(200, "<html>") : ScriptedAnswer.Redirect("/"));

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => Client(server).ResolveLatestAsync("u-1", s_full, default));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
    }

    /// <summary>The server copies thousands of files before it answers; a call that fails would be made again, and make one more.</summary>
    [Fact]
    public async Task NewIsWaitedForLongerThanAnythingElse()
    {
        TaskCompletionSource made = new();
        ScriptedServer server = Serve(r => r.Target.Contains("/new/", StringComparison.Ordinal)
            ? ScriptedAnswer.Redirect("/datasets/u-1/1/1/1/8/").After(made.Task)
            : ScriptedAnswer.Text(200, "{}").After(new TaskCompletionSource().Task));
        DataStoreClient client = Client(server, new RemoteOptions { Timeout = TimeSpan.FromMilliseconds(100), Retries = 0 });

        Task<int> making = client.StartWritingAsync("u-1", s_full, "new", default);
        for (int i = 0; i < 3; i++)
        {
            DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => client.GetDatasetJsonAsync("u-1", default));
            Assert.Equal(DataStoreErrorKind.Timeout, fault.Kind);
        }

        made.SetResult();
        Assert.Equal(8, await making);
    }

    [Fact]
    public async Task NewIsAskedForOnceEvenWhenItFails()
    {
        ScriptedServer server = Serve(_ => ScriptedAnswer.Text(503, "busy"));

        await Assert.ThrowsAsync<DataStoreException>(() => Client(server).StartWritingAsync("u-1", s_full, "new", default));

        Assert.Equal("/datasets/u-1/1/1/1/new/write?timeout=60000", Assert.Single(server.Requests).Target);
    }
}
