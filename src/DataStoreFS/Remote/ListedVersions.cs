using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>
/// Lets only blocks through whose version the server lists: a POST to any other number makes that version, empty, and <c>latest</c> is it from
/// then on. What is left from an earlier process may be for a version that was deleted meanwhile, or for another dataset.
/// </summary>
/// <remarks>Each dataset is asked for once, however many wait for the answer; again only if there was none.</remarks>
internal sealed class ListedVersions(IDataStoreClient client) : IBlockWriter
{
    private readonly ConcurrentDictionary<string, Lazy<Task<Listing>>> _datasets = new();

    /// <summary>What is known already of a dataset, so that it need not be asked for.</summary>
    public void Add(string uuid, IEnumerable<int> versions)
    {
        Task<Listing> known = Task.FromResult(new Listing(versions.ToFrozenSet(), null));
        _datasets[uuid] = new Lazy<Task<Listing>>(known);
    }

    /// <exception cref="DataStoreException">Also Refused: the server does not list the version. And whatever kept it from saying so.</exception>
    public async Task WriteBlocksAsync(ImageAddress image, IReadOnlyList<BlockWrite> blocks, CancellationToken cancellationToken)
    {
        // What is no number, the client refuses.
        if (int.TryParse(image.Version, NumberStyles.None, CultureInfo.InvariantCulture, out int version))
        {
            Require(image.Uuid, version, await ListingAsync(image.Uuid, cancellationToken).ConfigureAwait(false));
        }

        await client.WriteBlocksAsync(image, blocks, cancellationToken).ConfigureAwait(false);
    }

    private static void Require(string uuid, int version, Listing listing)
    {
        if (!listing.Versions.Contains(version))
        {
            string why = listing.Absence?.Message ?? $"it has {string.Join(", ", listing.Versions.Order())}";
            throw new DataStoreException(
                DataStoreErrorKind.Refused,
                $"not sent, because the server has no version {version} of dataset {uuid} any more and would make an empty one: {why}",
                listing.Absence);
        }
    }

    private async Task<Listing> ListingAsync(string uuid, CancellationToken cancellationToken)
    {
        Lazy<Task<Listing>> asking = _datasets.GetOrAdd(uuid, name => new Lazy<Task<Listing>>(() => AskAsync(name)));
        try
        {
            return await asking.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch when (asking.Value.IsCompleted)
        {
            _datasets.TryRemove(KeyValuePair.Create(uuid, asking)); // ask again the next time
            throw;
        }
    }

    // For all who wait, so none of them can cancel it.
    private async Task<Listing> AskAsync(string uuid)
    {
        try
        {
            string json = await client.GetDatasetJsonAsync(uuid, CancellationToken.None).ConfigureAwait(false);
            return new Listing(DatasetDescription.Parse(json).Versions.ToFrozenSet(), null);
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.NotFound && fault.IsAnswer)
        {
            return new Listing(FrozenSet<int>.Empty, fault);
        }
    }

    /// <param name="Versions">Empty when there is no such dataset.</param>
    /// <param name="Absence">What the server said then.</param>
    private sealed record Listing(FrozenSet<int> Versions, DataStoreException? Absence);
}
