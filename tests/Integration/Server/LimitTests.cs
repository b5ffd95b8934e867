using System.Net;
using System.Net.Sockets;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>Limits of requests, and how the server starts and ends.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData(4096, 404)]
    [InlineData(4097, 414)]
    public async Task RequestLineIsLimited(int length, int status)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string path = "/" + new string('x', length - "GET / HTTP/1.1".Length);
        string answer = await RawAsync(fixture.Server.Url, $"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BodyOverTheLimitIsRefusedBeforeAnythingIsStored()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], MaxRequestBody = 60_000 });
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/";
        byte[] frame = TestDatasets.Frame(32, 32, 32);
        Assert.Equal(413, (await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/1/0/0/0/0/0", frame, frame)).Status);
        Assert.Equal(TestDatasets.Missing, await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0"));

        // Without a length it is found out on the way: what was complete before stays stored, as in the original.
        using HttpRequestMessage request = new(HttpMethod.Post, prefix + "0/0/0/0/0/0/1/0/0/0/0/0")
        {
            Content = new ByteArrayContent([.. frame, .. frame]),
        };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage answer = await fixture.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal((byte[])[.. frame, .. TestDatasets.Missing], await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0/1/0/0/0/0/0"));
    }

    [Fact]
    public async Task ConnectionThatBreaksInsideABlockStoresNothingOfIt()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(options: folder => new DataStoreServerOptions
        {
            Folder = folder,
            Urls = ["http://127.0.0.1:0"],
            Quirks = OriginalQuirks.All,
        });
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/0/0/0/0/0/0";
        byte[] frame = TestDatasets.Frame(32, 32, 32);
        using (TcpClient socket = new())
        {
            await socket.ConnectAsync(IPAddress.Loopback, fixture.Server.Url.Port);
            await socket.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {frame.Length}\r\n\r\n"));
            await socket.GetStream().WriteAsync(frame.AsMemory(0, frame.Length - 1));
        }

        // Stopping waits for what runs, so nothing can come later.
        await fixture.Server.StopAsync();
        Assert.Equal(0, fixture.Server.Counters.BlocksWritten);
        Assert.Equal(0, fixture.Server.BuffersInUse);
    }

    [Fact]
    public async Task WrongFolderAddressOrPortIsOneLine()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        await RefusesAsync(
            new DataStoreServerOptions { Folder = "/nowhere/at/all" },
            DataStoreErrorKind.Usage,
            "cannot serve '/nowhere/at/all': there is no such folder");
        foreach (string url in new[]
        {
            "ftp://127.0.0.1:1",
            "https://127.0.0.1:1",
            "nonsense",
            "http://example.invalid:80",
            "http://127.0.0.1:1/path",
        })
        {
            await RefusesAsync(
                new DataStoreServerOptions { Folder = fixture.Folder.Path, Urls = [url] }, DataStoreErrorKind.Usage, $"cannot listen at '{url}'");
        }

        await RefusesAsync(
            new DataStoreServerOptions { Folder = fixture.Folder.Path, AccessLog = "/nowhere/log" },
            DataStoreErrorKind.Usage,
            "cannot write the access log '/nowhere/log': ");
        string taken = fixture.Server.Url.ToString();
        await RefusesAsync(
            new DataStoreServerOptions { Folder = fixture.Folder.Path, Urls = [taken] }, DataStoreErrorKind.Local, $"cannot listen at {taken}: ");
    }

    [Fact]
    public async Task WhatCannotBeReadIsLeftOutWithOneLine()
    {
        List<string> lines = [];
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            folder =>
            {
                Fixtures.Copy("server", folder);
                foreach ((string uuid, string xml) in new[]
                {
                    ("not-xml", "nonsense"),
                    ("entity", "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><SpimData>&e;</SpimData>"),
                    (
                        "absurd",
                        "<SpimData><SequenceDescription><ViewSetups/><Timepoints "
                            + "type=\"range\"><first>0</first><last>2000000000</last></Timepoints></SequenceDescription></SpimData>"),
                })
                {
                    Directory.CreateDirectory(Path.Combine(folder, uuid, "0"));
                    File.WriteAllText(Path.Combine(folder, uuid, "0/export.xml"), xml);
                }

                Directory.CreateDirectory(Path.Combine(folder, "no-dataset/sub"));
                File.WriteAllText(Path.Combine(folder, "a file"), string.Empty);
            },
            folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Log = lines.Add });
        Assert.Equal(["fec5f7d4-fe28-4892-a5ee-b1ecb173e865"], fixture.Server.Datasets);
        Assert.Equal(3, lines.Count);
        Assert.All(lines, line => Assert.DoesNotContain('\n', line));
        Assert.All(
            ["not-xml", "entity", "absurd"], uuid => Assert.Contains(lines, l => l.Contains($"/{uuid} is not served: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task StopRequestEndsTheServerOnlyWithTheQuirk()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(options: folder => new DataStoreServerOptions
        {
            Folder = folder,
            Urls = ["http://127.0.0.1:0"],
            Quirks = OriginalQuirks.StopEndsServer,
        });
        Assert.False(fixture.Server.Completion.IsCompleted);
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("POST", "/stop"));
        await fixture.Server.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Client.GetStringAsync("/"));
    }

    [Fact]
    public async Task AccessLogHasALineForEachRequestWithItsConnection()
    {
        string log = Path.GetTempFileName();
        try
        {
            await using (ServerFixture fixture = await ServerFixture.StartAsync(
                options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], AccessLog = log }))
            {
                await fixture.Client.GetStringAsync("/hello");
                await fixture.Client.AskAsync("GET", "/datasets/nobody");
                await fixture.Server.StopAsync();
                Assert.Equal(2, fixture.Server.Counters.Requests);
            }

            string[] lines = await File.ReadAllLinesAsync(log);
            Assert.Equal(["GET 200 20", "GET 404 37"], lines.Select(l => l[..l.LastIndexOf(' ')]));
            Assert.Single(lines.Select(l => l.Split(' ')[3]).Distinct());
        }
        finally
        {
            File.Delete(log);
        }
    }

    [Theory]
    [InlineData("http://another:1/datasets/$", "another:1")]
    [InlineData("http://another/datasets/$?x=1", "another")]
    public async Task TheAbsoluteFormOfARequestIsTakenAsAnyOther(string target, string host)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        string answer = await RawAsync(
            fixture.Server.Url,
            $"GET {target.Replace("$", uuid, StringComparison.Ordinal)} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains(await fixture.Client.GetStringAsync($"/datasets/{uuid}"), answer, StringComparison.Ordinal);
    }

    private static async Task RefusesAsync(DataStoreServerOptions options, DataStoreErrorKind kind, string start)
    {
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => DataStoreServer.StartAsync(options));
        Assert.Equal(kind, fault.Kind);
        Assert.StartsWith(start, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private static async Task<string> RawAsync(Uri url, string request)
    {
        using TcpClient socket = new();
        await socket.ConnectAsync(IPAddress.Loopback, url.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using StreamReader reader = new(socket.GetStream(), Encoding.ASCII);
        return await reader.ReadToEndAsync();
    }
}
