using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>Versions: new ones, merged ones, deleted ones, and those that must not come into being.</summary>
public sealed class VersionTests
{
    [Fact]
    public async Task NewVersionHasTheGeometryAndNoBlocksAndMixedLatestMerges()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string dataset = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple("uint8", "gzip"))}";
        byte[] old = TestDatasets.Frame(32, 32, 32, seed: 1);
        byte[] changed = TestDatasets.Frame(32, 32, 32, seed: 2);
        await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/0/0/0/0/0/0/0/1/0/0/0/0/0", old, old);
        using HttpResponseMessage start = await fixture.Client.GetAsync($"{dataset}/1/1/1/new/write?timeout=10000");
        Assert.Equal(new Uri(fixture.Server.Url, $"{dataset}/1/1/1/1/"), start.Headers.Location);
        Assert.Contains("\"versions\":[0,1],", await fixture.Client.GetStringAsync(dataset), StringComparison.Ordinal);
        Assert.Equal(TestDatasets.Missing, await fixture.Client.GetByteArrayAsync($"{dataset}/1/1/1/1/0/0/0/0/0/0"));
        await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/1/1/0/0/0/0/0", changed);
        Assert.Equal(
            (byte[])[.. old, .. changed, .. TestDatasets.Missing],
            await fixture.Client.GetByteArrayAsync($"{dataset}/1/1/1/mixedLatest/0/0/0/0/0/0/1/0/0/0/0/0/2/0/0/0/0/0"));

        // An empty block of a newer version hides an older one.
        await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/1/0/0/0/0/0/0", TestDatasets.Frame(0, 0, 0));
        Assert.Equal(new byte[12], await fixture.Client.GetByteArrayAsync($"{dataset}/1/1/1/mixedLatest/0/0/0/0/0/0"));
    }

    [Fact]
    public async Task ConcurrentNewCallsGetDifferentNumbers()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string dataset = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}";
        string[] locations = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            using HttpResponseMessage start = await fixture.Client.GetAsync($"{dataset}/1/1/1/new/write");
            return start.Headers.Location!.AbsolutePath;
        }));
        Assert.Equal(
            Enumerable.Range(1, 12).Select(v => $"{dataset}/1/1/1/{v}/").Order(StringComparer.Ordinal), locations.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("77/0/0/0/0/0/0")]
    [InlineData("-5/0/0/0/0/0/0")]
    [InlineData("77/datatype/0/0/0")]
    public async Task ReadingAnUnknownVersionCreatesNothing(string rest)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        string[] before = All(fixture.Folder.Path);
        Assert.Equal(500, (await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/1/1/1/{rest}")).Status);
        Assert.Equal(404, (await fixture.Client.AskAsync("GET", "/datasets/nobody")).Status);
        Assert.Equal(500, (await fixture.Client.AskAsync("GET", "/datasets/nobody/1/1/1/0/0/0/0/0/0/0")).Status);
        Assert.Equal(before, All(fixture.Folder.Path));
    }

    [Fact]
    public async Task PhantomVersionsAppearAndBreakMixedLatestWhenTheQuirkIsOn()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(options: folder => new DataStoreServerOptions
        {
            Folder = folder,
            Urls = ["http://127.0.0.1:0"],
            Quirks = OriginalQuirks.PhantomVersions,
        });
        string dataset = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}";
        Assert.Equal(500, (await fixture.Client.AskAsync("GET", $"{dataset}/1/1/1/77/0/0/0/0/0/0")).Status);
        Assert.Contains("\"versions\":[0,77],", await fixture.Client.GetStringAsync(dataset), StringComparison.Ordinal);
        using HttpResponseMessage start = await fixture.Client.GetAsync($"{dataset}/1/1/1/latest/read");
        Assert.Equal($"{dataset}/1/1/1/77/", start.Headers.Location!.AbsolutePath);
        Assert.Equal(500, (await fixture.Client.AskAsync("GET", $"{dataset}/mixedLatest")).Status);
        Assert.Equal(500, (await fixture.Client.AskAsync("GET", $"{dataset}/1/1/1/mixedLatest/0/0/0/0/0/0")).Status);
        Assert.Equal(200, (await fixture.Client.AskAsync("DELETE", $"{dataset}/77")).Status);
        Assert.Equal(200, (await fixture.Client.AskAsync("GET", $"{dataset}/mixedLatest")).Status);
    }

    [Fact]
    public async Task DeletedVersionsAreGoneAndWritingDoesNotBringThemBack()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        string dataset = $"/datasets/{uuid}";
        for (int i = 0; i < 3; i++)
        {
            await fixture.Client.AskAsync("GET", $"{dataset}/1/1/1/new/write");
        }

        await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/2/0/0/0/0/0/0", TestDatasets.Frame(1, 1, 1));
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("GET", $"{dataset}/2/1/delete"));
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("DELETE", $"{dataset}/0"));
        Assert.Equal((200, "[3]"), await VersionsAsync(fixture.Client, dataset));
        Assert.Equal(500, (await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/2/0/0/0/0/0/0", TestDatasets.Frame(1, 1, 1))).Status);
        Assert.Equal((200, "[3]"), await VersionsAsync(fixture.Client, dataset));
        Assert.Equal(406, (await fixture.Client.AskAsync("DELETE", $"{dataset}/3")).Status);
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("GET", $"{dataset}/delete"));
        Assert.Equal(404, (await fixture.Client.AskAsync("GET", dataset)).Status);
        Assert.False(Directory.Exists(Path.Combine(fixture.Folder.Path, uuid)));
    }

    private static async Task<(int Status, string Versions)> VersionsAsync(HttpClient client, string dataset)
    {
        (int status, string text) = await client.AskAsync("GET", dataset);
        int start = text.IndexOf("\"versions\":", StringComparison.Ordinal) + 11;
        return (status, text[start..(text.IndexOf(']', start) + 1)]);
    }

    private static string[] All(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
