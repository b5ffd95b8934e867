using System.Globalization;
using System.Net.Sockets;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace DataStoreFS.Server;

/// <summary>A DataStore server over a local folder, in this process.</summary>
/// <remarks>
/// Contract: owns its sockets, block memory and log until <see cref="StopAsync"/> or <see cref="DisposeAsync"/>, which may both be called, in any
/// number.
/// </remarks>
public sealed class DataStoreServer : IAsyncDisposable
{
    private readonly WebApplication _services;
    private readonly IServer _kestrel;
    private readonly AccessLog? _log;
    private readonly NativeBlockPool _pool = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _stopping;

    private DataStoreServer(WebApplication services, AccessLog? log, DatasetRegistry datasets)
    {
        _services = services;
        _kestrel = services.Services.GetRequiredService<IServer>();
        _log = log;
        Datasets = [.. datasets.Registered.Select(d => d.Folder.Uuid).Order(StringComparer.Ordinal)];
    }

    /// <summary>Where this machine reaches it, with the real port; the first of several.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Where it listens, with the real ports; <c>0.0.0.0</c> and <c>[::]</c> stand for every address of this machine.</summary>
    public IReadOnlyList<Uri> Urls { get; private set; } = [];

    public ServerCounters Counters { get; } = new();

    /// <summary>Uuids of the datasets that were found at the start.</summary>
    public IReadOnlyList<string> Datasets { get; }

    /// <summary>Completes when the server has stopped, whoever stopped it.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Blocks that are in memory for answers now.</summary>
    internal int BuffersInUse => _pool.Rented;

    /// <summary>Registers what is in the folder and begins to listen.</summary>
    /// <exception cref="DataStoreException">Usage: the folder or an address cannot be used. Local: the port is taken.</exception>
    public static async Task<DataStoreServer> StartAsync(DataStoreServerOptions options, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(options.Folder))
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"cannot serve '{options.Folder}': there is no such folder");
        }

        DatasetRegistry datasets = new(options.Folder);
        datasets.Scan(options.Log);
        WebApplication services = Listening.Create(options);
        DataStoreServer? server = null;
        try
        {
            server = new DataStoreServer(services, OpenLog(options.AccessLog), datasets);
            Router router = new(RouteTable.Create(datasets, server.Counters, server._pool, options, server.RequestStop));
            await server.ListenAsync(
                new ServerApplication(router, new TokenCheck(options), server.Counters, server._log, options),
                cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch (Exception e)
        {
            IAsyncDisposable owner = server is null ? services : server;
            await owner.DisposeAsync().ConfigureAwait(false);
            if (e is IOException or SocketException or AddressInUseException)
            {
                throw new DataStoreException(
                    DataStoreErrorKind.Local, $"cannot listen at {string.Join(", ", options.Urls)}: {e.Message.ReplaceLineEndings(" ")}", e);
            }

            throw;
        }
    }

    /// <summary>Accepts nothing more and waits for running requests; a cancelled token breaks those off.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 0)
        {
            try
            {
                await _kestrel.StopAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await _services.DisposeAsync().ConfigureAwait(false);
                _log?.Dispose();
                _pool.Dispose();
                _completion.TrySetResult();
            }
        }

        await Completion.ConfigureAwait(false);
    }

    /// <summary>Stops without waiting for running requests.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Url} ({Datasets.Count} datasets)");

    private static AccessLog? OpenLog(string? path)
    {
        try
        {
            return path is null ? null : new AccessLog(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"cannot write the access log '{path}': {e.Message}", e);
        }
    }

    private async Task ListenAsync(ServerApplication application, CancellationToken cancellationToken)
    {
        await _kestrel.StartAsync(application, cancellationToken).ConfigureAwait(false);
        ICollection<string> addresses = _kestrel.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        Urls = [.. addresses.Select(a => new Uri(a))];
        string address = addresses.First();
        Url = new Uri(
            address.Replace("://[::]:", "://127.0.0.1:", StringComparison.Ordinal).Replace("://0.0.0.0:", "://127.0.0.1:", StringComparison.Ordinal));
    }

    /// <summary>The stop call of the protocol: its own answer is let out first.</summary>
    private void RequestStop() => _ = Task.Run(() => StopAsync());
}
