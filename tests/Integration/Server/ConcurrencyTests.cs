using System.Buffers.Binary;

namespace Integration.Server;

/// <summary>Readers and writers at once, and what a crash may leave behind.</summary>
public sealed class ConcurrencyTests
{
    [Theory]
    [InlineData("raw")]
    [InlineData("lz4")]
    public async Task ReadersSeeOldOrNewBlocksNeverTornOnes(string compression)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple("uint8", compression))}/1/1/1/0/0/0/0/0/0/0";
        int written = 0;

        // Each block is filled with its own number, and they differ in size: a mixture of two would show.
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 60; i++)
            {
                Assert.Equal(200, (await fixture.Client.PostBlocksAsync(path, Uniform(Interlocked.Increment(ref written)))).Status);
            }
        }))];
        Task writing = Task.WhenAll(writers);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!writing.IsCompleted)
            {
                byte[] answer = await fixture.Client.GetByteArrayAsync(path);
                Assert.True(answer.AsSpan().SequenceEqual(TestDatasets.Missing) || answer.AsSpan().SequenceEqual(Uniform(answer[^1])), "torn");
            }
        })));
        await writing;
        Assert.Equal(240, fixture.Server.Counters.BlocksWritten);
        Assert.Equal(0, fixture.Server.BuffersInUse);
    }

    [Fact]
    public async Task ParallelWritersOfDifferentBlocksLoseNothing()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple("uint8", "gzip"))}/1/1/1/0/";
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            Assert.Equal(200, (await fixture.Client.PostBlocksAsync($"{prefix}{i % 3}/{i / 3 % 2}/{i}/0/0/0", Uniform(i))).Status));
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(Uniform(i), await fixture.Client.GetByteArrayAsync($"{prefix}{i % 3}/{i / 3 % 2}/{i}/0/0/0"));
        }
    }

    [Fact]
    public async Task SameBlockTwiceInOneRequestKeepsTheLater()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string prefix = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple("uint8", "xz"))}/1/1/1/0/";
        byte[][] frames = [.. Enumerable.Range(1, 6).Select(Uniform)];
        Assert.Equal(200, (await fixture.Client.PostBlocksAsync(prefix + string.Join('/', Enumerable.Repeat("0/0/0/0/0/0", 6)), frames)).Status);
        Assert.Equal(frames[^1], await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0"));
    }

    [Fact]
    public async Task WriteThatFailsIsStatus500AndLeavesNothingBehind()
    {
        List<string> log = [];
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder =>
                new DataStoreFS.Server.DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Log = log.Add, SyncWrites = true });
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple("uint8", "gzip"));
        string prefix = $"/datasets/{uuid}/1/1/1/0/";
        string row = Path.Combine(fixture.Folder.Path, uuid, "0/export.n5/setup0/timepoint0/s0/0/0");
        Directory.CreateDirectory(Path.Combine(row, "1"));
        Assert.Equal(500, (await fixture.Client.PostBlocksAsync(prefix + "0/0/0/0/0/0/0/0/1/0/0/0", Uniform(1), Uniform(2))).Status);
        Assert.Equal(Uniform(1), await fixture.Client.GetByteArrayAsync(prefix + "0/0/0/0/0/0"));
        Assert.Equal(["0", "1"], Directory.EnumerateFileSystemEntries(row).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Single(log);
        Assert.Equal(0, fixture.Server.BuffersInUse);
    }

    [Fact]
    public async Task WhatACrashLeavesIsNeitherBlockNorVersionNorDatasetAndIsNotCopied()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        string dataset = $"/datasets/{uuid}";
        byte[] frame = Uniform(3);
        await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/0/0/0/0/0/0/0", frame);
        string folder = Path.Combine(fixture.Folder.Path, uuid);
        string level = Path.Combine(folder, "0/export.n5/setup0/timepoint0/s0");
        File.WriteAllBytes(Path.Combine(level, "0/0/.0.1-1.part"), [1]);
        File.WriteAllBytes(Path.Combine(level, ".attributes.json.1-1.part"), [1]);
        Directory.CreateDirectory(Path.Combine(folder, ".1-1.part/export.n5"));
        Directory.CreateDirectory(Path.Combine(fixture.Folder.Path, ".some-uuid.part/0"));
        Assert.Equal(307, (await fixture.Client.AskAsync("GET", $"{dataset}/1/1/1/new/write")).Status);
        Assert.Empty(
            Directory.GetFiles(Path.Combine(folder, "1"), "*.part", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
        await using DataStoreFS.Server.DataStoreServer again = await DataStoreFS.Server.DataStoreServer.StartAsync(
            ServerFixture.Options(fixture.Folder.Path));
        Assert.Equal([uuid], again.Datasets);
        using HttpClient client = new() { BaseAddress = again.Url };
        Assert.Contains("\"versions\":[0,1],\"label\":null,", await client.GetStringAsync(dataset), StringComparison.Ordinal);
        Assert.Equal(frame, await client.GetByteArrayAsync($"{dataset}/1/1/1/mixedLatest/0/0/0/0/0/0"));
    }

    private static byte[] Uniform(int number)
    {
        byte[] frame = new byte[12 + (32 * 32 * (1 + ((byte)number % 32)))];
        frame.AsSpan(12).Fill((byte)number);
        BinaryPrimitives.WriteInt32BigEndian(frame, 32);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), 32);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(8), 1 + ((byte)number % 32));
        return frame;
    }
}
