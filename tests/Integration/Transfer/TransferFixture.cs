using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Server;
using DataStoreFS.Transfer;
using Integration.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Transfer;

/// <summary>A server, a client of it, and folders for local trees and the progress of uploads.</summary>
internal sealed class TransferFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _local = new();
    private readonly NativeBlockPool _pool = new();
    private int _folders;

    private TransferFixture(ServerFixture server)
    {
        Server = server;
        Client = new DataStoreClient(server.Server.Url.ToString(), _pool, new RemoteOptions { Timeout = TimeSpan.FromSeconds(60), Retries = 0 });
    }

    public ServerFixture Server { get; }

    public DataStoreClient Client { get; }

    public Faults Faults { get; private init; } = null!;

    /// <summary>What people were told.</summary>
    public List<string> Said { get; } = [];

    public TransferCounters Counters { get; private set; } = new();

    public TransferSettings Settings { get; set; } = new()
    {
        Connections = 3,
        BatchBlocks = 5,
        FirstPause = TimeSpan.FromMilliseconds(1),
        Time = new LaterClock(),
    };

    public static async Task<TransferFixture> StartAsync(Func<DataStoreServerOptions, DataStoreServerOptions>? options = null)
    {
        Faults faults = new();
        ServerFixture server = await ServerFixture.StartAsync(null, folder =>
        {
            DataStoreServerOptions own = new() { Folder = folder, Urls = ["http://127.0.0.1:0"], Faults = faults };
            return options?.Invoke(own) ?? own;
        });
        return new TransferFixture(server) { Faults = faults };
    }

    public string NewFolder() => Directory.CreateDirectory(Path.Combine(_local.Path, $"{_folders++}")).FullName;

    public PushRequest Request(string xml) => new() { XmlPath = xml, StateFolder = Path.Combine(_local.Path, "state"), Settings = Settings };

    public Task<PushResult> PushAsync(string xml, CancellationToken cancellationToken = default) => PushAsync(Request(xml), cancellationToken);

    public Task<PushResult> PushAsync(PushRequest request, CancellationToken cancellationToken = default)
    {
        Counters = new TransferCounters();
        return new Pusher(Client, Client, _pool, Counters, Say, NullLogger.Instance).RunAsync(request, cancellationToken);
    }

    public Task<PullResult> PullAsync(
        SourceAddress source, string folder, string? compression = null, CancellationToken cancellationToken = default) =>
        PullAsync(new PullRequest { Source = source, Folder = folder, Compression = compression, Settings = Settings }, cancellationToken);

    public Task<PullResult> PullAsync(PullRequest request, CancellationToken cancellationToken = default)
    {
        Counters = new TransferCounters();
        return new Puller(Client, Counters, Say, NullLogger.Instance).RunAsync(request, cancellationToken);
    }

    /// <summary>Every image of a tree with what its blocks come to.</summary>
    public static IReadOnlyList<string> Summary(string xml)
    {
        N5TreeReader reader = new(Path.Combine(Path.GetDirectoryName(xml)!, "export.n5"));
        return [.. reader.Images().Select(image =>
        {
            N5ImageSummary summary = reader.Summarise(image);
            return $"{image} {summary.Attributes.Dimensions} {summary.Attributes.Type} {summary.Blocks}+{summary.Missing} {summary.Dense}";
        })];
    }

    public static async Task<DataStoreException> RefusedAsync(Task transfer)
    {
        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => transfer);
        Assert.DoesNotContain('\n', fault.Message);
        return fault;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
        _local.Dispose();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    private void Say(string text)
    {
        lock (Said)
        {
            Said.Add(text);
        }
    }

    /// <summary>A second ahead, so that trees which a test has just written are older than its transfers.</summary>
    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddSeconds(1);
    }
}
