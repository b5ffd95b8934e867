using System.Globalization;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>What a dataset is: JSON, XML for the DataStore loader, channel count, browse list.</summary>
internal sealed class DescribeDataset
{
    private const string XmlType = "application/xml;charset=UTF-8";
    private readonly DatasetRegistry _datasets;
    private readonly OriginalQuirks _quirks;

    public DescribeDataset(DatasetRegistry datasets, OriginalQuirks quirks)
    {
        _datasets = datasets;
        _quirks = quirks;
    }

    /// <summary><c>GET /datasets/{u}</c></summary>
    public Task JsonAsync(Exchange exchange)
    {
        Dataset dataset = _datasets.Get(exchange.Path.Text(1));
        DatasetFolder folder = dataset.Folder;
        bool unsorted = _quirks.HasFlag(OriginalQuirks.UnsortedVersions);
        string json = DatasetJson.Render(dataset, unsorted ? folder.ListedVersions : folder.Versions, folder.AddressDocument().Timepoints.Ids);
        return exchange.TextAsync(200, json, "application/json");
    }

    /// <summary><c>GET /datasets/{u}/{v}</c> with a number, <c>mixedLatest</c> or <c>all</c>.</summary>
    public Task XmlAsync(Exchange exchange)
    {
        if (!exchange.Accepts("application/xml"))
        {
            return exchange.EmptyAsync(406);
        }

        DatasetFolder folder = _datasets.Get(exchange.Path.Text(1)).Folder;
        SpimDocument document;
        if (exchange.Path[2] is "all")
        {
            document = SpimVersions.AllVersions(folder.AddressDocument(), folder.Versions);
        }
        else
        {
            int? version = VersionText.Parse(exchange.Path[2]);
            document = SpimVersions.WithVersion(ReadDocument(folder, VersionText.Existing(folder, version)), version);
        }

        return exchange.TextAsync(200, SpimWriter.Write(document, ".", SpimLoader.DataStore(exchange.RequestUrl)), XmlType);
    }

    /// <summary><c>GET /datasets/{u}/channels</c></summary>
    public Task ChannelsAsync(Exchange exchange)
    {
        string count = _datasets.Get(exchange.Path.Text(1)).Record.Channels.ToString(CultureInfo.InvariantCulture);
        return exchange.TextAsync(
            200, count, exchange.Accept.StartsWith("application/json", StringComparison.Ordinal) ? "application/json" : "text/plain;charset=utf-8");
    }

    /// <summary><c>GET /datasets/{u}/common-metadata</c></summary>
    public Task CommonMetadataAsync(Exchange exchange) =>
        exchange.TextAsync(200, _datasets.Get(exchange.Path.Text(1)).Record.CommonMetadata, "text/plain;charset=utf-8");

    /// <summary>A version's own XML for the answers; a version without one (a phantom) is the original's 500.</summary>
    public static SpimDocument ReadDocument(DatasetFolder folder, int version)
    {
        try
        {
            return folder.Document(version);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw Refusal.Internal(e);
        }
    }
}
