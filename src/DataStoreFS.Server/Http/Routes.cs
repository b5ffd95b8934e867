using DataStoreFS.Server.Endpoints;

namespace DataStoreFS.Server.Http;

/// <summary>Every route there is, made once.</summary>
internal sealed class Routes
{
    public static readonly Route Root = new(Banner.RootAsync);
    public static readonly Route Hello = new(Banner.HelloAsync);
    public static readonly Route NotFound = new(
        x => throw new Refusal(404, $"RESTEASY003210: Could not find resource for full path: {x.RequestUrl}"), Open: true);
    public static readonly Route NoResource = new(x => throw new Refusal(404, $"Resource {x.Path.Path} not found"));
    public static readonly Route PlainNotAllowed = new(x => x.EmptyAsync(405));
    public static readonly Route CatchAllNotAllowed = NotAllowed("DELETE, POST, PUT, OPTIONS");
    public static readonly Route Settings = new(_ => throw new Refusal(404, "settings.xml"), Open: true);
    public static readonly Route NoThumbnail = new(NoContentAsync, Open: true);
    public static readonly Route StopShared = new(x => x.EmptyAsync(200));
    public static readonly Route NoDedicatedServer = new(_ => throw Refusal.ErrorPage());
    public static readonly Route UnknownOAuth = new(
        x => throw new Refusal(404, $"OAuth server with name=\"{x.Path.Text(1)}\" is not registered"), Open: true);

    public required Route Json { get; init; }
    public required Route Xml { get; init; }
    public required Route DataStoreList { get; init; }
    public required Route Channels { get; init; }
    public required Route CommonMetadata { get; init; }
    public required Route Status { get; init; }
    public required Route Start { get; init; }

    /// <summary>A start call that creates a version.</summary>
    public required Route StartNew { get; init; }

    public required Route VoxelType { get; init; }
    public required Route ReadBlocks { get; init; }
    public required Route BigDataServer { get; init; }
    public required Route BigDataServerList { get; init; }
    public required Route Create { get; init; }
    public required Route Register { get; init; }
    public required Route DeleteDataset { get; init; }
    public required Route DeleteVersions { get; init; }
    public required Route WriteBlocks { get; init; }
    public required Route AddChannels { get; init; }
    public required Route SetCommonMetadata { get; init; }
    public required Route Rebuild { get; init; }
    public required Route MultiResolutionWrite { get; init; }
    public required Route StopServer { get; init; }

    /// <summary>405 with its Allow list; OPTIONS gets the list as a success.</summary>
    public static Route NotAllowed(string allow) => new(
        x =>
        {
            x.Http.Response.Headers.Allow = allow;
            return x.EmptyAsync(x.Method == "OPTIONS" ? 200 : 405);
        },
        Open: true);

    private static Task NoContentAsync(Exchange exchange)
    {
        exchange.Http.Response.StatusCode = 204;
        return Task.CompletedTask;
    }
}
