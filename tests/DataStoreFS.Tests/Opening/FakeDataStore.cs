using System.Collections.Concurrent;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.Tests.Opening;

/// <summary>A server of JSON, XML and stored block sizes that remembers what it was asked.</summary>
internal sealed class FakeDataStore : IDataStoreClient
{
    private readonly NativeBlockPool _pool = new();

    public string Server => "http://store:9080";

    public TimeSpan RoundTrip { get; init; }

    public TimeSpan Effort { get; init; }
    public string Json { get; set; } = "";

    /// <summary>By version; an exception is thrown, of a queue each is given once.</summary>
    public Dictionary<string, object> Xml { get; } = [];

    /// <summary>The stored size of a block, or null for none.</summary>
    public Func<ImageAddress, Size3, Size3?> Blocks { get; set; } = (_, _) => null;

    public int Made { get; set; } = -1;
    public DataStoreException? MakingFails { get; init; }
    public ConcurrentQueue<string> Asked { get; } = [];
    public ConcurrentQueue<(ImageAddress Image, int Blocks)> Reads { get; } = [];

    public static FakeDataStore Sample(string name)
    {
        FakeDataStore store = new() { Json = Fixtures.Text($"http/{name}-dataset.json") };
        foreach (string version in (string[])["0", "mixedLatest", "all"])
        {
            store.Xml[version] = Fixtures.Text($"http/{name}-xml-{version}.xml");
        }

        return store;
    }

    public Task<string> GetDatasetJsonAsync(string uuid, CancellationToken cancellationToken) => Task.FromResult(Json);

    public Task<string> GetXmlAsync(string uuid, string version, CancellationToken cancellationToken)
    {
        Asked.Enqueue(version);
        object? answer = Xml.GetValueOrDefault(version);
        return (answer is Queue<object> queue ? queue.Dequeue() : answer) switch
        {
            string text => Task.FromResult(text),
            Exception fault => Task.FromException<string>(fault),
            _ =>
                Task.FromException<string>(
                    new DataStoreException(DataStoreErrorKind.NotFound, $"Dataset with UUID = {uuid} has no version {version}") { IsAnswer = true }),
        };
    }

    public Task ReadBlocksAsync(ImageAddress image, IReadOnlyList<BlockRequest> blocks, IBlockSink sink, CancellationToken cancellationToken)
    {
        Reads.Enqueue((image, blocks.Count));
        for (int i = 0; i < blocks.Count; i++)
        {
            Size3? stored = Blocks(image, new Size3(blocks[i].X, blocks[i].Y, blocks[i].Z));
            sink.Deliver(i, stored is null ? null : _pool.Rent(BlockBuffer.HeaderBytes + 8), stored ?? default);
        }

        return Task.CompletedTask;
    }

    public Task<int> ResolveLatestAsync(string uuid, Size3 resolution, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("latest is settled by the JSON and the XML");

    public Task<int> StartWritingAsync(string uuid, Size3 resolution, string version, CancellationToken cancellationToken)
    {
        Asked.Enqueue(version);
        return MakingFails is null ? Task.FromResult(Made) : Task.FromException<int>(MakingFails);
    }

    public Task WriteBlocksAsync(ImageAddress image, IReadOnlyList<BlockWrite> blocks, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("opening writes nothing");

    public ValueTask DisposeAsync()
    {
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
        return ValueTask.CompletedTask;
    }
}
