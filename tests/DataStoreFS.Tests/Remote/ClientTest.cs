using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Tests.Remote;

/// <summary>A client against a scripted server; at the end no buffer may be left.</summary>
public abstract class ClientTest : IAsyncLifetime
{
    internal static readonly Size3 Full = new(4, 3, 2);
    internal static readonly ImageAddress Image = new("u-1", new Size3(1, 1, 1), "0", 3, 1, 2);

    private readonly List<IAsyncDisposable> _owned = [];
    private protected readonly NativeBlockPool Pool = new();

    private protected ScriptedServer Serve(Func<ScriptedRequest, ScriptedAnswer> script)
    {
        ScriptedServer server = new(script);
        _owned.Add(server);
        return server;
    }

    private protected DataStoreClient Client(ScriptedServer server, RemoteOptions? options = null, ILogger? log = null) =>
        Client(server.Address, options, log);

    private protected DataStoreClient Client(string address, RemoteOptions? options = null, ILogger? log = null)
    {
        RemoteOptions quick = (options ?? new RemoteOptions()) with { RetryDelay = TimeSpan.FromMilliseconds(1) };
        DataStoreClient client = new(address, Pool, quick, log);
        _owned.Insert(0, client);
        return client;
    }

    internal static BlockRequest At(int x, Size3? size = null) => new(x, 0, 0, size ?? Full, Full, 1);

    internal static BlockRequest[] Row(int count) => [.. Enumerable.Range(0, count).Select(x => At(x))];

    internal static byte[] FrameOf(BlockAt block) => Frames.Block(Full, Frames.Voxels(Full, Frames.Seed(block.X, block.Y, block.Z)));

    internal static ScriptedAnswer AllBlocks(ScriptedRequest request, int skip = 6) =>
        ScriptedAnswer.Ok([.. request.Blocks(skip).Select(FrameOf)]);

    /// <summary>The N5 file that a present block must become.</summary>
    internal static byte[] FileOf(int x) => [0, 0, 0, 3, .. FrameOf(new BlockAt(x, 0, 0, 0, 0, 0))];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable owned in _owned)
        {
            await owned.DisposeAsync();
        }

        Assert.Equal(0, Pool.Rented);
        Pool.Dispose();
    }
}
