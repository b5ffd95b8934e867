using DataStoreFS.N5;
using DataStoreFS.Server.Endpoints;
using DataStoreFS.Server.Storage;
using DataStoreFS.Server.Testing;

namespace DataStoreFS.Server.Http;

/// <summary>Builds the endpoints and ties them to their routes.</summary>
internal static class RouteTable
{
    public static Routes Create(DatasetRegistry datasets, ServerCounters counters, NativeBlockPool pool, DataStoreServerOptions options, Action stop)
    {
        OriginalCost? cost = options.ImitateOriginal ? new OriginalCost() : null;
        VersionFolders versions = new();
        CreateDataset create = new(datasets, options);
        DeleteDataset delete = new(datasets, versions);
        EditDataset edit = new(datasets, options.MaxRequestBody);
        WriteBlocks write = new(datasets, counters, pool, options, cost);
        RebuildPyramid rebuild = new(datasets, pool, options);
        DescribeDataset describe = new(datasets, options.Quirks);
        BrowseList lists = new(datasets);
        ReadBlocks read = new(datasets, counters, pool, options, cost);
        StartDataset start = new(datasets, versions.CreateNext);
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
            StartNew = new Route(start.HandleAsync, Writes: true),
            VoxelType = new Route(read.VoxelTypeAsync),
            ReadBlocks = new Route(read.HandleAsync),
            Create = new Route(create.CreateAsync, Writes: true),
            Register = new Route(create.RegisterAsync, Writes: true),
            DeleteDataset = new Route(delete.AllAsync, Writes: true),
            DeleteVersions = new Route(delete.VersionsAsync, Writes: true),
            WriteBlocks = new Route(write.HandleAsync, Writes: true),
            AddChannels = new Route(edit.AddChannelsAsync, Writes: true),
            SetCommonMetadata = new Route(edit.SetCommonMetadataAsync, Writes: true),
            Rebuild = new Route(rebuild.HandleAsync, Writes: true),
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
