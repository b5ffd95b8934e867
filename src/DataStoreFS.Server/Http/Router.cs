
namespace DataStoreFS.Server.Http;

/// <summary>
/// From method and path to what runs. Written by hand on the raw path: the original's templates overlap, and which of them wins is part of its
/// protocol (of the templates that match, the one with most literal characters), and a block request should cost no table search.
/// </summary>
internal sealed class Router
{
    private const int FirstVersionSegment = 2;
    private const int BlockSegments = 12;
    private readonly Route _block;
    private readonly Routes _routes;

    public Router(Routes routes)
    {
        _routes = routes;
        _block = routes.ReadBlocks;
    }

    public Route Resolve(string method, RequestPath path)
    {
        string verb = method == "HEAD" ? "GET" : method;
        if (path.HasHoles)
        {
            return Routes.NotFound;
        }

        if (path.Count == 0)
        {
            return verb == "GET" ? Routes.Root : Routes.NotAllowed("HEAD, GET, OPTIONS");
        }

        return path[0] switch
        {
            "datasets" => Dataset(verb, path),
            "bdv" => BigDataServer(verb, path),
            "hello" when path.Count == 1 => verb == "GET" ? Routes.Hello : Routes.NotAllowed("HEAD, GET, OPTIONS"),
            "stop" when path.Count == 1 => verb == "POST" ? _routes.StopServer : Routes.NotAllowed("POST, OPTIONS"),
            "oauth2" when path.Count == 2 => verb == "GET" ? Routes.UnknownOAuth : Routes.NotAllowed("HEAD, GET, OPTIONS"),
            "datatype" when path.Count == 4 => verb == "GET" ? Routes.NoDedicatedServer : Routes.NotAllowed("HEAD, GET, OPTIONS"),
            _ => IsDedicatedBlock(path) && verb is "GET" or "POST" ? Routes.NoDedicatedServer : Routes.NotFound,
        };
    }

    private Route Dataset(string verb, RequestPath path)
    {
        int count = path.Count;
        if (count == 1)
        {
            return verb == "POST" ? _routes.Create : Routes.NotAllowed("POST, OPTIONS");
        }

        if (count == 2)
        {
            return verb switch
            {
                "GET" => _routes.Json,
                "POST" => _routes.Register,
                "DELETE" => _routes.DeleteDataset,
                _ => Routes.NotAllowed("HEAD, DELETE, POST, GET, OPTIONS"),
            };
        }

        return verb switch
        {
            "GET" => Get(path),
            "POST" => Post(path),
            "PUT" => count == 3 && path[2] is "channels" ? Routes.PlainNotAllowed : Routes.NoResource,
            "DELETE" => count == 3 && path[2] is "channels" ? Routes.PlainNotAllowed : _routes.DeleteVersions,
            "PATCH" when count == 7 && path.Last is "rebuild" => _routes.Rebuild,
            _ => Routes.CatchAllNotAllowed,
        };
    }

    private Route Get(RequestPath path)
    {
        if (path.Last is "delete")
        {
            return path.Count == 3 ? _routes.DeleteDataset : _routes.DeleteVersions;
        }

        if (path.Last is "write" && path.Count >= 9 && AreNumbers(path, 5, 3))
        {
            return _routes.MultiResolutionWrite;
        }

        return path.Count switch
        {
            >= BlockSegments => _block,
            3 => Named(path),
            4 => path[3] switch
            {
                "settings" => Routes.Settings,
                "png" when path[FirstVersionSegment] is "all" or "mixedLatest" => Routes.NoThumbnail,
                _ => Routes.CatchAllNotAllowed,
            },
            6 => _routes.Status,
            7 => path[5] is "new" ? _routes.StartNew : _routes.Start,
            10 when path[6] is "datatype" => _routes.VoxelType,
            _ => Routes.CatchAllNotAllowed,
        };
    }

    private Route Named(RequestPath path) => path[FirstVersionSegment] switch
    {
        "common-metadata" => _routes.CommonMetadata,
        "channels" => _routes.Channels,
        "json" => _routes.DataStoreList,
        "all" or "mixedLatest" => _routes.Xml,
        ReadOnlySpan<char> number when IsNumber(number) => _routes.Xml,
        _ => Routes.CatchAllNotAllowed,
    };

    private Route Post(RequestPath path) => path.Count switch
    {
        >= BlockSegments => _routes.WriteBlocks,
        3 when path[2] is "common-metadata" => _routes.SetCommonMetadata,
        3 when path[2] is "channels" => _routes.AddChannels,
        7 when path.Last is "stop" => Routes.StopShared,
        _ => Routes.NoResource,
    };

    private Route BigDataServer(string verb, RequestPath path)
    {
        Route? get = path.Count switch
        {
            3 => path[2] is "json" ? _routes.BigDataServerList : _routes.BigDataServer,
            4 when path[3] is "settings" => Routes.Settings,
            4 when path[3] is "png" => Routes.NoThumbnail,
            _ => null,
        };
        return get is null ? Routes.NotFound : verb == "GET" ? get : Routes.NotAllowed("HEAD, GET, OPTIONS");
    }

    private static bool IsDedicatedBlock(RequestPath path) => path.Count >= 6 && AreNumbers(path, 0, 6);

    private static bool AreNumbers(RequestPath path, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            if (!IsNumber(path[i]))
            {
                return false;
            }
        }

        return true;
    }

    // The XML template's \d+ has no upper limit; what does not fit an int is the handler's 400.
    private static bool IsNumber(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
