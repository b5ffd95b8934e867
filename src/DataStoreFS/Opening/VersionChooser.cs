using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Remote;
using DataStoreFS.Views;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Opening;

/// <summary>
/// Settles which version is meant, and gets its XML. Only numbers that the dataset's JSON lists, and whose XML the server sends, come out: a block
/// request for any other number would create that version on the server, as a phantom.
/// </summary>
internal sealed partial class VersionChooser(IDataStoreClient client, string uuid, DatasetDescription dataset, ILogger logger)
{
    private const int MostPhantoms = 16;
    private const int MostNamed = 20;

    // Block addresses are looked up in the XML of this version, whichever is read.
    private const int AddressingVersion = 0;

    private readonly ILogger _logger = logger;

    public Task<ChosenVersion> ChooseAsync(string requested, bool writable, CancellationToken cancellationToken) => requested switch
    {
        "mixedLatest" => MixedAsync(cancellationToken),
        "all" => AllAsync(cancellationToken),
        "latest" => LatestAsync(cancellationToken),
        "new" => NewAsync(writable, cancellationToken),
        _ => NumberAsync(requested, cancellationToken),
    };

    /// <summary>The setups of the XML in which the server looks up channels and angles.</summary>
    public async Task<IReadOnlyList<BdvSetup>> AddressingSetupsAsync(ChosenVersion chosen, CancellationToken cancellationToken)
    {
        bool same = chosen.IsDraft || chosen.Resolved == "all" || chosen.Resolved == Text(AddressingVersion)
            || chosen.Versions is [AddressingVersion] || !chosen.Versions.Contains(AddressingVersion);
        if (same)
        {
            return chosen.Xml.Setups;
        }

        try
        {
            return BdvXml.Parse(await client.GetXmlAsync(uuid, Text(AddressingVersion), cancellationToken).ConfigureAwait(false)).Setups;
        }
        catch (DataStoreException fault) when (fault.Kind is DataStoreErrorKind.NotFound or DataStoreErrorKind.Refused or DataStoreErrorKind.Protocol)
        {
            LogNoAddressing(uuid, fault.Message);
            return chosen.Xml.Setups;
        }
    }

    private async Task<ChosenVersion> MixedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync("mixedLatest", dataset.Versions, cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException fault) when (
            fault.Kind is DataStoreErrorKind.NotFound or DataStoreErrorKind.Unreachable && dataset.Versions.Count > 1)
        {
            // The highest version's XML is mixedLatest's; a phantom on top breaks it.
            int highest = dataset.Versions[^1];
            if (await ExistsAsync(highest, cancellationToken).ConfigureAwait(false))
            {
                throw;
            }

            throw new DataStoreException(
                fault.Kind,
                $"the server cannot read mixedLatest of dataset {uuid} because version {highest} has no XML (some client's wrong request made it); "
                    + $"mount .../{uuid}/latest, or let an administrator delete version {highest}",
                fault);
        }
    }

    private async Task<ChosenVersion> AllAsync(CancellationToken cancellationToken)
    {
        ChosenVersion all = await GetAsync("all", dataset.Versions, cancellationToken).ConfigureAwait(false);
        return all.IsDraft
            ? throw new DataStoreException(
                DataStoreErrorKind.Refused, $"the server of dataset {uuid} cannot show all versions at once; mount one of {Named()}")
            : all;
    }

    private async Task<ChosenVersion> LatestAsync(CancellationToken cancellationToken)
    {
        DataStoreException? first = null;
        foreach (int version in dataset.Versions.Reverse().Take(MostPhantoms))
        {
            try
            {
                return await GetAsync(Text(version), dataset.Versions, cancellationToken).ConfigureAwait(false);
            }
            catch (DataStoreException fault) when (fault.Kind is DataStoreErrorKind.NotFound or DataStoreErrorKind.Unreachable)
            {
                first ??= fault;
                LogPhantom(uuid, version, fault.Message);
            }
        }

        throw first ?? new DataStoreException(DataStoreErrorKind.NotFound, $"dataset {uuid} has no version");
    }

    private async Task<ChosenVersion> NewAsync(bool writable, CancellationToken cancellationToken)
    {
        if (!writable)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"version 'new' makes a version of dataset {uuid}, which needs a mount that may write; add --read-write");
        }

        int made = await client.StartWritingAsync(uuid, dataset.Levels[0].Factors, "new", cancellationToken).ConfigureAwait(false);
        LogMade(uuid, made);
        int[] versions = [.. dataset.Versions.Append(made).Distinct().Order()];
        return await GetAsync(Text(made), versions, cancellationToken).ConfigureAwait(false);
    }

    private Task<ChosenVersion> NumberAsync(string requested, CancellationToken cancellationToken) =>
        int.TryParse(requested, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && dataset.Versions.Contains(number)
            ? GetAsync(Text(number), dataset.Versions, cancellationToken)
            : throw new DataStoreException(DataStoreErrorKind.NotFound, $"dataset {uuid} has no version {requested}; it has {Named()}");

    private async Task<ChosenVersion> GetAsync(string version, IReadOnlyList<int> versions, CancellationToken cancellationToken)
    {
        string text;
        bool draft = false;
        try
        {
            text = await client.GetXmlAsync(uuid, version, cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.Refused)
        {
            LogDraft(uuid, fault.Message);
            text = BdvXmlDraft.Write(dataset);
            draft = true;
        }

        return new ChosenVersion(version, BdvXml.Parse(text), versions, draft);
    }

    private async Task<bool> ExistsAsync(int version, CancellationToken cancellationToken)
    {
        try
        {
            await client.GetXmlAsync(uuid, Text(version), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DataStoreException fault) when (fault.Kind is DataStoreErrorKind.NotFound or DataStoreErrorKind.Unreachable)
        {
            // Nobody there at all is no sign of a phantom: then some other version cannot be had either.
            return fault.Kind == DataStoreErrorKind.Unreachable && !await OthersExistAsync(version, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> OthersExistAsync(int version, CancellationToken cancellationToken)
    {
        try
        {
            await client.GetXmlAsync(uuid, Text(dataset.Versions.First(other => other != version)), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DataStoreException)
        {
            return false;
        }
    }

    private string Named()
    {
        string some = string.Join(", ", dataset.Versions.Take(MostNamed));
        return dataset.Versions.Count > MostNamed
            ? $"{some}, ... ({dataset.Versions.Count} versions), latest, mixedLatest"
            : $"{some}, latest, mixedLatest";
    }

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dataset {Uuid}: version {Version} was made for this mount")]
    private partial void LogMade(string uuid, int version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset {Uuid}: version {Version} is passed over as latest: {Reason}")]
    private partial void LogPhantom(string uuid, int version, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset {Uuid}: the server sends no XML, so transforms of the views are not known: {Reason}")]
    private partial void LogDraft(string uuid, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Dataset {Uuid}: the XML of version 0, by which the server finds blocks, cannot be had; "
            + "the mounted version's is taken for it: {Reason}")]
    private partial void LogNoAddressing(string uuid, string reason);
}
