using System.Text;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>The lists that BigDataViewer's "browse" dialog reads: <c>/datasets/{u}/json</c> and <c>/bdv/{u}/json</c>.</summary>
internal sealed class BrowseList
{
    private readonly DatasetRegistry _datasets;

    public BrowseList(DatasetRegistry datasets) => _datasets = datasets;

    public Task DataStoreAsync(Exchange exchange)
    {
        Dataset dataset = _datasets.Get(exchange.Path.Text(1));
        return AnswerAsync(exchange, "datasets", dataset.Folder.Uuid, ["all", SpimVersions.MixedLatest]);
    }

    public Task BigDataServerAsync(Exchange exchange)
    {
        Dataset dataset = _datasets.Get(exchange.Path.Text(1));
        return AnswerAsync(exchange, "bdv", dataset.Folder.Uuid, [.. dataset.Folder.Versions.Select(v => $"{v}"), SpimVersions.MixedLatest]);
    }

    private static Task AnswerAsync(Exchange exchange, string root, string uuid, string[] versions)
    {
        StringBuilder json = new("{\n");
        string url = $"{exchange.Authority}/{root}/{Uri.EscapeDataString(uuid)}";
        for (int i = 0; i < versions.Length; i++)
        {
            string id = DatasetJson.Quote($"dataset:{uuid}, version:{versions[i]}");
            json.Append('\t').Append(id).Append(": {\n");
            json.Append("\t\t\"id\": ").Append(id).Append(",\n");
            json.Append("\t\t\"description\": \"NotImplemented\",\n");
            json.Append("\t\t\"datasetUrl\": ").Append(DatasetJson.Quote($"{url}/{versions[i]}/")).Append(",\n");
            json.Append("\t\t\"thumbnailUrl\": ").Append(DatasetJson.Quote($"{url}/{versions[i]}/png")).Append('\n');
            json.Append(i < versions.Length - 1 ? "\t},\n" : "\t}\n");
        }

        json.Append('}');
        return exchange.TextAsync(200, json.ToString(), "application/json");
    }
}
