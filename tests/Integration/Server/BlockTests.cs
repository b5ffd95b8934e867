using System.Text;
using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>Blocks in and out.</summary>
public sealed class BlockTests
{
    public static TheoryData<string, int> VoxelTypes => new()
    {
        { "uint8", 1 }, { "int8", 1 }, { "uint16", 2 }, { "int16", 2 }, { "uint32", 4 }, { "int32", 4 }, { "float32", 4 }, { "uint64", 8 },
        { "int64", 8 }, { "float64", 8 },
    };

    [Theory]
    [MemberData(nameof(VoxelTypes))]
    public async Task EveryVoxelTypeComesBackAsItWasWritten(string type, int bytes)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple(type))}/1/1/1/0/0/0/0/0/0/0";
        byte[] frame = TestDatasets.Frame(32, 32, 32, bytes);
        Assert.Equal((200, string.Empty), await fixture.Client.PostBlocksAsync(path, frame));
        Assert.Equal(frame, await fixture.Client.GetByteArrayAsync(path));
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("lz4")]
    [InlineData("xz")]
    [InlineData("GZIP")]
    [InlineData("blosc")]
    public async Task EveryCompressionServesFullClippedEmptyAndMissingBlocksInOneAnswer(string compression)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple("uint16", compression));
        string prefix = $"/datasets/{uuid}/1/1/1/0/";
        byte[] full = TestDatasets.Frame(32, 32, 32, 2, seed: 1);
        byte[] clipped = TestDatasets.Frame(1, 32, 1, 2, seed: 2);
        byte[] padded = TestDatasets.Frame(32, 32, 32, 2, seed: 3);
        byte[] empty = TestDatasets.Frame(0, 0, 0, 2);
        Assert.Equal((200, string.Empty), await fixture.Client.PostBlocksAsync(
            prefix + "0/0/0/0/0/0/2/0/1/0/0/0/2/1/1/0/0/0/1/1/1/0/0/0", full, clipped, padded, empty));
        byte[] answer = await fixture.Client.GetByteArrayAsync(prefix + "2/1/1/0/0/0/50/50/50/0/0/0/2/0/1/0/0/0/0/0/0/0/0/0/1/1/1/0/0/0/");
        Assert.Equal([.. padded, .. TestDatasets.Missing, .. clipped, .. full, .. empty], answer);
        Assert.Equal(4, fixture.Server.Counters.BlocksRead);
        Assert.Equal(1, fixture.Server.Counters.BlocksMissing);
        Assert.Equal(4, fixture.Server.Counters.BlocksWritten);
        Assert.Equal(0, fixture.Server.BuffersInUse);
    }

    [Fact]
    public async Task BlocksLargerThanTheBufferLimitAreSentInWindows()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], MaxBufferedAnswer = 40_000 });
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple("uint8", "gzip"))}/1/1/1/0/";
        string blocks = "0/0/0/0/0/0/1/0/0/0/0/0/0/1/0/0/0/0/1/1/0/0/0/0";
        byte[][] frames = [.. Enumerable.Range(1, 4).Select(seed => TestDatasets.Frame(32, 32, 32, 1, seed))];
        Assert.Equal(200, (await fixture.Client.PostBlocksAsync(prefix + blocks, frames)).Status);
        Assert.Equal(frames.SelectMany(f => f), await fixture.Client.GetByteArrayAsync(prefix + blocks));

        // A block of the first window that is broken is a status; one of a later window can only end the body.
        string level = Path.Combine(fixture.Folder.Path, prefix.Split('/')[2], "0/export.n5/setup0/timepoint0/s0");
        Truncate(Path.Combine(level, "1/1/0"));
        await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Client.GetByteArrayAsync(prefix + blocks));
        Truncate(Path.Combine(level, "0/0/0"));
        Assert.Equal((500, string.Empty), await fixture.Client.AskAsync("GET", prefix + blocks));
    }

    [Theory]
    [InlineData("raw", 0)]
    [InlineData("raw", 10)]
    [InlineData("raw", 1000)]
    [InlineData("gzip", 0)]
    [InlineData("gzip", 1000)]
    [InlineData("lz4", 1000)]
    public async Task BlockFileThatIsCutIsStatus500WithoutText(string compression, int length)
    {
        List<string> log = [];
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Log = log.Add });
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple("uint8", compression));
        string path = $"/datasets/{uuid}/1/1/1/0/0/0/0/0/0/0/1/0/0/0/0/0";
        Assert.Equal(200, (await fixture.Client.PostBlocksAsync(path, TestDatasets.Frame(32, 32, 32), TestDatasets.Frame(32, 32, 32))).Status);
        string file = Path.Combine(fixture.Folder.Path, uuid, "0/export.n5/setup0/timepoint0/s0/1/0/0");
        using (FileStream stream = File.OpenWrite(file))
        {
            stream.SetLength(length);
        }

        Assert.Equal((500, string.Empty), await fixture.Client.AskAsync("GET", path));
        Assert.StartsWith($"GET {path}: {file}: ", Assert.Single(log), StringComparison.Ordinal);
        Assert.Equal(0, fixture.Server.BuffersInUse);
    }

    [Fact]
    public async Task FurtherBlocksAreFoundBySearchingForSixNumbers()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/";
        byte[] first = TestDatasets.Frame(1, 1, 1, seed: 1);
        byte[] second = TestDatasets.Frame(1, 1, 1, seed: 2);
        await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/2/0/0/0/0/0", first, second);
        Assert.Equal((byte[])[.. first, .. second], await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0/-2/0/0/0/0/0"));
        Assert.Equal(first, await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0/2/0/0/0/0"));
        Assert.Equal(TestDatasets.Missing, await fixture.Client.GetByteArrayAsync(prefix + "-1/0/0/0/0/0"));
        Assert.Equal((byte[])[.. first, .. second], await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0/x/2/0/0/0/0/0/7"));
    }

    [Theory]
    [InlineData(OriginalQuirks.None, 32, false)]
    [InlineData(OriginalQuirks.ChunkedAnswers, 32, true)]
    [InlineData(OriginalQuirks.ChunkedAnswers, 4, false)]
    public async Task AnswersHaveALengthUnlessTheOriginalsFramingIsAskedFor(OriginalQuirks quirks, int size, bool chunked)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Quirks = quirks });
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/0/0/0/0/0/0";
        byte[] frame = TestDatasets.Frame(size, size, size);
        await fixture.Client.PostBlocksAsync(path, frame);
        using HttpResponseMessage answer = await fixture.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(chunked, answer.Headers.TransferEncodingChunked ?? false);
        Assert.Equal(chunked ? null : frame.Length, answer.Content.Headers.ContentLength);
        Assert.Equal(frame, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task PipeOrFolderInThePlaceOfABlockIsStatus500()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        string row = Directory.CreateDirectory(Path.Combine(fixture.Folder.Path, uuid, "0/export.n5/setup0/timepoint0/s0/0/0")).FullName;
        Directory.CreateDirectory(Path.Combine(row, "0"));
        using (System.Diagnostics.Process mkfifo = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(row, "1")]))
        {
            await mkfifo.WaitForExitAsync();
        }

        Assert.Equal((500, string.Empty), await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/1/1/1/0/0/0/0/0/0/0"));
        Assert.Equal((500, string.Empty), await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/1/1/1/0/0/0/1/0/0/0"));
    }

    [Fact]
    public async Task HeadTellsTheLengthAndSendsNothing()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/0/0/0/0/0/0";
        await fixture.Client.PostBlocksAsync(path, TestDatasets.Frame(32, 32, 32));
        using HttpRequestMessage request = new(HttpMethod.Head, path);
        using HttpResponseMessage answer = await fixture.Client.SendAsync(request);
        Assert.Equal(12 + (32 * 32 * 32), answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("<h1>Hello world</h1>", await fixture.Client.GetStringAsync("/hello"));
    }

    [Fact]
    public async Task WritingTellsWhatIsWrongAndKeepsTheBlocksBefore()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/";
        byte[] good = TestDatasets.Frame(2, 2, 2);
        Assert.Equal(
            (400, "Block dimension should be [0-32,0-32,0-32] but is [33,32,32]"),
            await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/0", TestDatasets.Frame(33, 32, 32)));
        Assert.Equal(500, (await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/0", TestDatasets.Missing)).Status);
        Assert.Equal(
            (400, "Block dimension should be [0-32,0-32,0-32] but is [2147483647,2147483647,2147483647]"),
            await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/0", [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]));
        Assert.Equal(
            (400, "Channel=5 and angle=0 not found."),
            await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/0/1/0/0/0/5/0", good, good));
        Assert.Equal(good, await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0/0"));
        Assert.Equal((500, string.Empty), await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/0/1/0/0/0/0/0", good, [0, 0]));
        Assert.Equal(500, (await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/8/0/0", good)).Status);
        Assert.Equal(500, (await fixture.Client.PostBlocksAsync(prefix + "5/0/0/0/0/0/0", good)).Status);
        Assert.Equal(400, (await fixture.Client.PostBlocksAsync(prefix + "0/-1/0/0/0/0/0", good)).Status);
        Assert.Equal((406, "Cannot write in mode: READ"), await fixture.Client.PostBlocksAsync(prefix + "mixedLatest/0/0/0/0/0/0", good));
        Assert.Equal((404, $"Resource {prefix}0/0/0/0/0/0/0 not found"), await fixture.Client.AskAsync(
            "POST", prefix + "0/0/0/0/0/0/0", new StringContent("x", Encoding.UTF8, "text/plain")));
        Assert.Equal(0, fixture.Server.BuffersInUse);
    }

    [Theory]
    [InlineData(false, 400)]
    [InlineData(true, 200)]
    public async Task BodyThatEndsInsideABlockIsRefusedUnlessTheQuirkIsOn(bool quirk, int status)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(options: folder => new DataStoreServerOptions
        {
            Folder = folder,
            Urls = ["http://127.0.0.1:0"],
            Quirks = quirk ? OriginalQuirks.ZeroFilledBlocks : OriginalQuirks.None,
        });
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/0/0/0/0/0/0";
        byte[] frame = TestDatasets.Frame(2, 2, 2);
        Assert.Equal(status, (await fixture.Client.PostBlocksAsync(path, frame[..15])).Status);
        byte[] filled = [.. frame[..15], 0, 0, 0, 0, 0];
        Assert.Equal(quirk ? filled : TestDatasets.Missing, await fixture.Client.GetByteArrayAsync(path));

        // More than the block is ignored either way.
        Assert.Equal(200, (await fixture.Client.PostBlocksAsync(path, frame, [1, 2, 3])).Status);
        Assert.Equal(frame, await fixture.Client.GetByteArrayAsync(path));
    }

    private static void Truncate(string file)
    {
        using FileStream stream = File.OpenWrite(file);
        stream.SetLength(stream.Length / 2);
    }
}
