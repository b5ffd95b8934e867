using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>Changes of a dataset's description: common metadata and further channels.</summary>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A SemaphoreSlim whose wait handle is not used holds nothing.")]
internal sealed class EditDataset
{
    private const int MostChannels = 1000;
    private readonly DatasetRegistry _datasets;
    private readonly long _maxBody;

    // Read, change, write: one at a time, also over the awaits of a body.
    private readonly SemaphoreSlim _edits = new(1, 1);

    /// <param name="datasets">What is served.</param>
    /// <param name="maxBody">Bytes of a request body.</param>
    public EditDataset(DatasetRegistry datasets, long maxBody)
    {
        _datasets = datasets;
        _maxBody = maxBody;
    }

    /// <summary><c>POST /datasets/{u}/common-metadata</c></summary>
    public async Task SetCommonMetadataAsync(Exchange exchange)
    {
        if (RequestBody.MediaType(exchange) is not ("" or "text/plain"))
        {
            await Routes.NoResource.Handler(exchange).ConfigureAwait(false);
            return;
        }

        string uuid = exchange.Path.Text(1);
        _ = _datasets.Get(uuid);
        string text = Encoding.UTF8.GetString(await new RequestBody(exchange, _maxBody).ReadAllAsync().ConfigureAwait(false));
        await EditAsync(uuid, dataset => dataset.Record with { CommonMetadata = text }, exchange.Aborted).ConfigureAwait(false);
        await exchange.EmptyAsync(200).ConfigureAwait(false);
    }

    /// <summary><c>POST /datasets/{u}/channels</c>: the body is how many; nothing means one.</summary>
    public async Task AddChannelsAsync(Exchange exchange)
    {
        string uuid = exchange.Path.Text(1);
        _ = _datasets.Get(uuid);
        string text = Encoding.UTF8.GetString(await new RequestBody(exchange, _maxBody).ReadAllAsync().ConfigureAwait(false));
        int count = text.Length == 0 ? 1
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value
            : throw new Refusal(400, $"{text} is not integer");
        if (count is < 1 or > MostChannels)
        {
            throw new Refusal(400, $"{count} is not a number of channels");
        }

        try
        {
            await EditAsync(uuid, dataset => ChannelAddition.Apply(dataset, count), exchange.Aborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new Refusal(500, e.Message, null, e);
        }

        await exchange.EmptyAsync(200).ConfigureAwait(false);
    }

    private async Task EditAsync(string uuid, Func<Dataset, DatasetRecord> edit, CancellationToken cancellationToken)
    {
        await _edits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Dataset dataset = _datasets.Get(uuid);
            _datasets.Register(dataset.Folder, edit(dataset));
        }
        finally
        {
            _edits.Release();
        }
    }
}
