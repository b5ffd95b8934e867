using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>POST of a new dataset, and of one whose folder is already there.</summary>
internal sealed class CreateDataset
{
    private const string Text = "text/plain;charset=UTF-8";
    private const string CannotConsume = "RESTEASY003065: Cannot consume content type";
    private readonly DatasetRegistry _datasets;
    private readonly DataStoreServerOptions _options;

    public CreateDataset(DatasetRegistry datasets, DataStoreServerOptions options)
    {
        _datasets = datasets;
        _options = options;
    }

    /// <summary><c>POST /datasets/</c>: answers the new uuid.</summary>
    public async Task CreateAsync(Exchange exchange)
    {
        if (RequestBody.MediaType(exchange) != "application/json")
        {
            throw new Refusal(501, CannotConsume);
        }

        byte[] body = await new RequestBody(exchange, _options.MaxRequestBody).ReadAllAsync().ConfigureAwait(false);
        DatasetPlan plan = CreateRequest.Parse(body, _options.Quirks.HasFlag(OriginalQuirks.PhantomVersions));
        string uuid = Guid.NewGuid().ToString();
        _datasets.Register(Write(uuid, plan), plan.Record);
        await exchange.TextAsync(200, uuid, Text).ConfigureAwait(false);
    }

    /// <summary><c>POST /datasets/{u}</c></summary>
    public Task RegisterAsync(Exchange exchange)
    {
        if (RequestBody.MediaType(exchange) is not ("" or "text/plain"))
        {
            throw new Refusal(501, CannotConsume);
        }

        string uuid = exchange.Path.Text(1);
        if (_datasets.Find(uuid) is not null)
        {
            throw new Refusal(409, $"Dataset with uuid {uuid} is already added.");
        }

        DatasetFolder folder = _datasets.Folder(uuid) ?? throw new Refusal(404, $"Dataset with uuid {uuid}  was not located in storage ");
        try
        {
            _datasets.Register(folder, DatasetRecord.FromFolder(folder));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or Refusal)
        {
            throw new Refusal(500, $"Cannot add dataset {uuid}", null, e);
        }

        return exchange.TextAsync(200, "Done.");
    }

    /// <summary>The whole dataset is made under a hidden name and then shown: a crash leaves no half of one (the original leaves orphans).</summary>
    private DatasetFolder Write(string uuid, DatasetPlan plan)
    {
        string hidden = Path.Combine(_datasets.Root, $".{uuid}.part");
        try
        {
            DatasetTree.Create(Path.Combine(hidden, "0"), plan);
            if (plan.Label is not null)
            {
                File.WriteAllBytes(Path.Combine(hidden, plan.Label), []);
            }

            Directory.Move(hidden, Path.Combine(_datasets.Root, uuid));
        }
        catch
        {
            if (Directory.Exists(hidden))
            {
                Directory.Delete(hidden, recursive: true);
            }

            throw;
        }

        return new DatasetFolder(_datasets.Root, uuid);
    }
}
