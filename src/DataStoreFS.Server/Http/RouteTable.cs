using DataStoreFS.N5;
using DataStoreFS.Server.Endpoints;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Http;

/// <summary>Builds the endpoints and ties them to their routes.</summary>
internal static class RouteTable
{
    public static Routes Create(DatasetRegistry datasets, ServerCounters counters, NativeBlockPool pool, DataStoreServerOptions options, Action stop)
    {
        DescribeDataset describe = new(datasets, options.Quirks);
        BrowseList lists = new(datasets);
        ReadBlocks read = new(datasets, counters, pool, options.MaxBufferedAnswer);
        StartDataset start = new(datasets, _ => throw new Refusal(501));
        BigDataServer bigDataServer = new(datasets, counters, pool, options);
        return new Routes
        {
            Json = new Route(describe.JsonAsync),
            Xml = new Route(describe.XmlAsync, Open: true),
            Channels = new Route(describe.ChannelsAsync),
            CommonMetadata = new Route(describe.CommonMetadataAsync),
            DataStoreList = new Route(lists.DataStoreAsync, Open: true),
            BigDataServerList = new Route(lists.BigDataServerAsync, Open: true),
            BigDataServer = new Route(bigDataServer.HandleAsync, Open: true),
            Status = new Route(StartDataset.StatusAsync),
            Start = new Route(start.HandleAsync),
            VoxelType = new Route(read.VoxelTypeAsync),
            ReadBlocks = new Route(read.HandleAsync),
            Create = Routes.NoResource,
            Register = Routes.NoResource,
            DeleteDataset = Routes.NoResource,
            DeleteVersions = Routes.NoResource,
            WriteBlocks = Routes.NoResource,
            AddChannels = Routes.NoResource,
            SetCommonMetadata = Routes.NoResource,
            Rebuild = Routes.NoResource,
            MultiResolutionWrite = new Route(x => x.EmptyAsync(501), Writes: true),
            StopServer = new Route(x => StopAsync(x, options.Quirks, stop), Writes: true),
        };
    }

    private static Task StopAsync(Exchange exchange, OriginalQuirks quirks, Action stop)
    {
        if (!quirks.HasFlag(OriginalQuirks.StopEndsServer))
        {
            throw new Refusal(403, "This server is not stopped by a request");
        }

        stop();
        return exchange.EmptyAsync(200);
    }
}
