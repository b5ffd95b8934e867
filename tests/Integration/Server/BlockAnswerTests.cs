using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>
/// Answers that are sent in several pieces (<c>BlockAnswer.MostInPiece</c>, 640 KiB): where pieces end must not be seen in the frames.
/// </summary>
public sealed class BlockAnswerTests
{
    private const int Widest = 1 << 20;

    /// <summary>Both frames together make two pieces of one size, and the first piece has this much room behind the first frame.</summary>
    [Theory]
    [InlineData("raw", 0)]
    [InlineData("raw", 1)]
    [InlineData("raw", 11)]
    [InlineData("raw", 12)]
    [InlineData("raw", 13)]
    [InlineData("gzip", 11)]
    [InlineData("gzip", 12)]
    public async Task FrameHeaderAtTheEndOfAPieceIsSentOnce(string compression, int room)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(Row(compression))}/1/1/1/0/";
        byte[] first = TestDatasets.Frame(400_000, 1, 1, seed: 1);
        byte[] second = TestDatasets.Frame(400_000 + (2 * room), 1, 1, seed: 2);
        Assert.Equal((200, string.Empty), await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/1/0/0/0/0/0", first, second));
        Assert.Equal((byte[])[.. first, .. second], await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0/1/0/0/0/0/0"));
    }

    [Theory]
    [InlineData("raw", OriginalQuirks.None)]
    [InlineData("raw", OriginalQuirks.ChunkedAnswers)]
    [InlineData("lz4", OriginalQuirks.None)]
    public async Task AnyBlocksInAnyOrderAreTheFramesThatWereWritten(string compression, OriginalQuirks quirks)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder =>
                new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Quirks = quirks, MaxBufferedAnswer = 2L << 20 });
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(Row(compression))}/1/1/1/0/";
        Random random = new(7);
        byte[][] frames = new byte[8][];
        for (int i = 0; i < frames.Length; i++)
        {
            int width = i switch { 0 => 0, 1 => Widest, 2 => 1, _ => random.Next(Widest) };
            frames[i] = TestDatasets.Frame(width, 1, 1, seed: i);
            Assert.Equal(200, (await fixture.Client.PostBlocksAsync($"{prefix}{i}/0/0/0/0/0", frames[i])).Status);
        }

        // One more than there are: missing.
        for (int round = 0; round < 25; round++)
        {
            int[] asked = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(frames.Length + 1))];
            byte[] answer = await fixture.Client.GetByteArrayAsync(prefix + string.Join('/', asked.Select(i => $"{i}/0/0/0/0/0")));
            Assert.True(
                asked.SelectMany(i => i < frames.Length ? frames[i] : TestDatasets.Missing).SequenceEqual(answer),
                $"round {round}: {string.Join(' ', asked)}");
        }

        Assert.Equal(0, fixture.Server.BuffersInUse);
    }

    [Fact]
    public async Task FileThatIsCutWhileItIsSentEndsTheBodyAndTheServerGoesOn()
    {
        const int Times = 100;
        List<string> log = [];
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Log = log.Add });
        string uuid = await fixture.Client.CreateAsync(Row("raw"));
        string path = $"/datasets/{uuid}/1/1/1/0/0/0/0/0/0/0";
        byte[] frame = TestDatasets.Frame(Widest, 1, 1);
        Assert.Equal(200, (await fixture.Client.PostBlocksAsync(path, frame)).Status);

        // 100 MiB: more than the sockets' buffers hold, so the server waits for this client.
        using HttpResponseMessage answer = await fixture.Client.GetAsync(
            path + string.Concat(Enumerable.Repeat("/0/0/0/0/0/0", Times - 1)), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((long)Times * frame.Length, answer.Content.Headers.ContentLength);
        using Stream body = await answer.Content.ReadAsStreamAsync();
        byte[] start = new byte[frame.Length];
        await body.ReadExactlyAsync(start);
        Assert.Equal(frame, start);
        using (FileStream file = File.OpenWrite(Path.Combine(fixture.Folder.Path, uuid, "0/export.n5/setup0/timepoint0/s0/0/0/0")))
        {
            file.SetLength(1000);
        }

        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
        await fixture.Server.StopAsync();
        Assert.Contains("shorter", Assert.Single(log), StringComparison.Ordinal);
        Assert.Equal(0, OpenFiles(fixture.Folder.Path));
    }

    private static int OpenFiles(string folder) => Directory.EnumerateFileSystemEntries($"/proc/{Environment.ProcessId}/fd")
        .Count(link => new FileInfo(link).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true);

    /// <summary>Blocks of any width up to 1 MiB, in a row.</summary>
    private static string Row(string compression) => $$"""
        {"voxelType":"uint8","dimensions":[{{8L * Widest}},1,1],"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"{{compression}}",
         "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[{{Widest}},1,1]}]}
        """;
}
