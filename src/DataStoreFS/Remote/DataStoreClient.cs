using System.Collections.Concurrent;
using System.Net;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Remote;

/// <summary>The DataStore protocol over HTTP/1.1. Thread-safe; one instance serves one server for as long as it is mounted.</summary>
/// <remarks>
/// Contract. Blocks are read into buffers of the pool that the client was given; each buffer's one reference goes to the sink. Buffers that are
/// written stay the caller's. Disposing it ends the connections; the pool is not the client's to dispose.
/// </remarks>
public sealed class DataStoreClient : IDataStoreClient, IDatasetCreator
{
    private const int JsonLimit = 16 << 20;
    private const int XmlLimit = 256 << 20;

    // Measured of the original: a dataset of 4,800 small files took it 12 s, on a local disk; it answers when the last one is written. A version is
    // a copy of as many.
    private static readonly TimeSpan s_makingPatience = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Uuid, Size3 Resolution, string Version, bool Write), LevelSession> _sessions = new();
    private readonly RemoteOptions _options;
    private readonly NativeBlockPool _pool;
    private readonly HttpTransport _transport;
    private readonly RetryPolicy _retry;
    private readonly ServerContext _context;
    private readonly OutageLog _outage;

    /// <param name="server">Scheme, host, port and prefix, without a trailing slash.</param>
    /// <param name="pool">Where blocks are read to.</param>
    /// <param name="options">Defaults when null.</param>
    /// <param name="logger">Hears of outages.</param>
    public DataStoreClient(string server, NativeBlockPool pool, RemoteOptions? options = null, ILogger? logger = null)
    {
        _options = options ?? new RemoteOptions();
        _options.Check();
        _pool = pool;
        Server = server.TrimEnd('/');
        _transport = new HttpTransport(Server, _options);
        _retry = new RetryPolicy(_options);
        _context = new ServerContext(Server, _transport, new RequestLineLimit(_options.RequestLineLimit), new StartCall(Server, _transport));
        _outage = new OutageLog(Server, logger ?? NullLogger.Instance);
    }

    public string Server { get; }

    public TimeSpan RoundTrip => _transport.RoundTrip;

    public TimeSpan Effort => _transport.Effort;

    /// <summary>Completes when a DataStore answers here.</summary>
    /// <exception cref="DataStoreException">Nothing does, or something else, or not to this token.</exception>
    public async Task RequireServerAsync(CancellationToken cancellationToken) =>
        await CallAsync(new ServerProbe(_context).AskAsync, _retry, cancellationToken).ConfigureAwait(false);

    public Task<string> GetDatasetJsonAsync(string uuid, CancellationToken cancellationToken)
    {
        RemoteName.RequireUuid(uuid);
        return GetTextAsync($"{Server}/datasets/{uuid}", "application/json", JsonLimit, cancellationToken);
    }

    public Task<string> GetXmlAsync(string uuid, string version, CancellationToken cancellationToken)
    {
        RemoteName.RequireUuid(uuid);
        RemoteName.RequireVersion(version, "mixedLatest", "all");
        return GetTextAsync($"{Server}/datasets/{uuid}/{version}", "application/xml", XmlLimit, cancellationToken);
    }

    public async Task<int> ResolveLatestAsync(string uuid, Size3 resolution, CancellationToken cancellationToken)
    {
        RemoteName.RequireUuid(uuid);
        int version = 0;
        await CallAsync(
            async progress =>
            {
                (Attempt attempt, version) = await _context.Start.VersionAsync(uuid, resolution, "latest", "read", progress).ConfigureAwait(false);
                return attempt;
            },
            _retry,
            cancellationToken).ConfigureAwait(false);
        return version;
    }

    public async Task<int> StartWritingAsync(string uuid, Size3 resolution, string version, CancellationToken cancellationToken)
    {
        RemoteName.RequireUuid(uuid);
        RemoteName.RequireVersion(version, "latest", "new");
        int number = 0;
        await CallAsync(
            async progress =>
            {
                (Attempt attempt, number) = await _context.Start.VersionAsync(uuid, resolution, version, "write", progress).ConfigureAwait(false);
                return attempt;
            },
            version == "new" ? null : _retry,
            cancellationToken,
            version == "new" ? s_makingPatience : TimeSpan.Zero).ConfigureAwait(false);
        return number;
    }

    public async Task ReadBlocksAsync(ImageAddress image, IReadOnlyList<BlockRequest> blocks, IBlockSink sink, CancellationToken cancellationToken)
    {
        RemoteName.RequireUuid(image.Uuid);
        RemoteName.RequireVersion(image.Version, "mixedLatest");
        BlockRead read = new(_context, _pool, Session(image, write: false), image, blocks, sink);
        await CallAsync(read.AttemptAsync, _retry, cancellationToken).ConfigureAwait(false);
    }

    public async Task WriteBlocksAsync(ImageAddress image, IReadOnlyList<BlockWrite> blocks, CancellationToken cancellationToken)
    {
        RemoteName.RequireUuid(image.Uuid);
        RemoteName.RequireVersion(image.Version);
        if (blocks.Count == 0)
        {
            return;
        }

        BlockPost post = new(_context, Session(image, write: true), image, blocks);
        await CallAsync(post.SendAsync, null, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> CreateDatasetAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        DatasetPost post = new(_context, json);
        await CallAsync(post.SendAsync, null, cancellationToken, s_makingPatience).ConfigureAwait(false);
        return post.Uuid;
    }

    public ValueTask DisposeAsync()
    {
        _transport.Dispose();
        foreach (LevelSession session in _sessions.Values)
        {
            session.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private LevelSession Session(ImageAddress image, bool write) => _sessions.GetOrAdd(
        (image.Uuid, image.Resolution, image.Version, write),
        static (key, server) => new LevelSession(StartCall.DirectBase(server, key.Uuid, key.Resolution, key.Version)),
        Server);

    /// <summary>Runs a call with repetitions, or once without a policy, and keeps the outage log. During an outage nothing is repeated.</summary>
    private async ValueTask CallAsync(
        Func<ProgressTimeout, ValueTask<Attempt>> attempt, RetryPolicy? retry, CancellationToken cancellationToken, TimeSpan leastPatience = default)
    {
        using ProgressTimeout progress = new(_options.Timeout > leastPatience ? _options.Timeout : leastPatience, cancellationToken);
        RetryPolicy policy = retry is null || _outage.IsOut ? RetryPolicy.Once : retry;
        Attempt last = await policy.RunAsync(attempt, progress).ConfigureAwait(false);
        if (last.Silent)
        {
            _outage.Silent(last.Fault!);
        }
        else
        {
            _outage.Answered();
        }

        if (last.Fault is not null)
        {
            throw last.Fault;
        }
    }

    private async Task<string> GetTextAsync(string address, string accept, int limit, CancellationToken cancellationToken)
    {
        string text = "";
        await CallAsync(
            async progress =>
            {
                (Attempt attempt, text) = await TryGetTextAsync(address, accept, limit, progress).ConfigureAwait(false);
                return attempt;
            },
            _retry,
            cancellationToken).ConfigureAwait(false);
        return text;
    }

    private async ValueTask<(Attempt Attempt, string Text)> TryGetTextAsync(string address, string accept, int limit, ProgressTimeout progress)
    {
        string request = $"GET {address}";
        try
        {
            using HttpResponseMessage response = await _transport.SendAsync(
                HttpMethod.Get, address, null, accept, progress.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                string said = await ServerText.ReadAsync(response, _transport.Token, progress.Token).ConfigureAwait(false);
                return (HttpFaults.FromStatus(request, response.StatusCode, said), "");
            }

            byte[]? bytes = await BoundedBody.ReadAsync(response, limit, progress).ConfigureAwait(false);
            if (bytes is null)
            {
                return (Attempt.Failed(DataStoreErrorKind.Protocol, $"{request}: the answer is longer than {limit >> 20} MiB"), "");
            }

            ReadOnlySpan<byte> body = bytes;
            ReadOnlySpan<byte> mark = Encoding.UTF8.Preamble;
            return (Attempt.Done, Encoding.UTF8.GetString(body.StartsWith(mark) ? body[mark.Length..] : body));
        }
        catch (Exception e) when (HttpFaults.IsNetwork(e))
        {
            return (HttpFaults.FromException(request, e, progress), "");
        }
    }
}
