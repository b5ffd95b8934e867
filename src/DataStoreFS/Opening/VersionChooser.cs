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
internal sealed partial class VersionChooser(IDataStoreClient client, string uuid, DatasetDescription dataset, TimeProvider time, ILogger logger)
{
    private const int MostPhantoms = 16;
    private const int MostNamed = 20;

    // Asked whether they have an XML, to know that what lies below never changes. Each answer is as long as the mounted version's.
    private const int MostProbed = 2;

    // Block addresses are looked up in the XML of this version, whichever is read.
    private const int AddressingVersion = 0;

    private readonly VersionXml _xml = new(client, uuid, time);
    private readonly ILogger _logger = logger;

    public Task<ChosenVersion> ChooseAsync(string requested, bool writable, CancellationToken cancellationToken) => requested switch
    {
        "mixedLatest" => MixedAsync(cancellationToken),
        "all" => AllAsync(cancellationToken),
        "latest" => LatestAsync(writable, cancellationToken),
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
            FoundXml addressing = await _xml.FindAsync(Text(AddressingVersion), cancellationToken).ConfigureAwait(false);
            return BdvXml.Parse(addressing.Require()).Setups;
        }
        catch (DataStoreException fault) when (fault.Kind is DataStoreErrorKind.NotFound or DataStoreErrorKind.Refused or DataStoreErrorKind.Protocol)
        {
            LogNoAddressing(uuid, fault.Message);
            return chosen.Xml.Setups;
        }
    }

    private async Task<ChosenVersion> MixedAsync(CancellationToken cancellationToken)
    {
        (ChosenVersion? mixed, DataStoreException? absence) = await FindAsync("mixedLatest", cancellationToken).ConfigureAwait(false);
        if (mixed is not null)
        {
            return mixed;
        }

        // The highest version's XML is mixedLatest's; a phantom on top breaks it.
        return await FindPhantomAsync(cancellationToken).ConfigureAwait(false) is { } phantom
            ? throw new DataStoreException(
                absence!.Kind,
                $"the server cannot read mixedLatest of dataset {uuid} because version {phantom} has no XML (some client's wrong request made it); "
                    + $"mount .../{uuid}/latest, or let an administrator delete version {phantom}",
                absence)
            : throw absence!;
    }

    private async Task<ChosenVersion> AllAsync(CancellationToken cancellationToken)
    {
        ChosenVersion all = await GetAsync("all", cancellationToken).ConfigureAwait(false);
        return all.IsDraft
            ? throw new DataStoreException(
                DataStoreErrorKind.Refused, $"the server of dataset {uuid} cannot show all versions at once; mount one of {Named()}")
            : all with { Newest = await NewestAboveAsync(-1, cancellationToken).ConfigureAwait(false) };
    }

    private async Task<ChosenVersion> LatestAsync(bool writable, CancellationToken cancellationToken)
    {
        DataStoreException? first = null;
        foreach (int version in dataset.Versions.Reverse().Take(MostPhantoms))
        {
            (ChosenVersion? latest, DataStoreException? absence) = await FindAsync(Text(version), cancellationToken).ConfigureAwait(false);
            if (latest is not null)
            {
                if (writable)
                {
                    LogTarget(first is null ? LogLevel.Information : LogLevel.Warning, uuid, version);
                }

                return latest with { Newest = version };
            }

            first ??= absence;
            LogPhantom(uuid, version, absence!.Message);
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

        LogMaking(uuid);
        int made = await MakeAsync(cancellationToken).ConfigureAwait(false);
        LogMade(uuid, made);
        int[] versions = [.. dataset.Versions.Append(made).Distinct().Order()];
        return await GetAsync(Text(made), cancellationToken).ConfigureAwait(false) with { Versions = versions, Newest = made };
    }

    private async Task<int> MakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.StartWritingAsync(uuid, dataset.Levels[0].Factors, "new", cancellationToken).ConfigureAwait(false);
        }
        catch (DataStoreException fault) when (!fault.IsAnswer)
        {
            throw new DataStoreException(
                fault.Kind,
                $"{fault.Message}; the version may be there all the same, or soon: look with 'datastorefs info' before you make another",
                fault);
        }
    }

    private async Task<ChosenVersion> NumberAsync(string requested, CancellationToken cancellationToken)
    {
        if (!int.TryParse(requested, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !dataset.Versions.Contains(number))
        {
            throw new DataStoreException(DataStoreErrorKind.NotFound, $"dataset {uuid} has no version {requested}; it has {Named()}");
        }

        ChosenVersion chosen = await GetAsync(Text(number), cancellationToken).ConfigureAwait(false);
        return chosen.IsDraft ? chosen : chosen with { Newest = await NewestAboveAsync(number, cancellationToken).ConfigureAwait(false) ?? number };
    }

    /// <summary>The highest of the versions above a number that has an XML; null when that is none of the two highest.</summary>
    private async Task<int?> NewestAboveAsync(int number, CancellationToken cancellationToken)
    {
        foreach (int version in dataset.Versions.Reverse().TakeWhile(version => version > number).Take(MostProbed))
        {
            try
            {
                await client.GetXmlAsync(uuid, Text(version), cancellationToken).ConfigureAwait(false);
                return version;
            }
            catch (DataStoreException fault) when (fault.IsAnswer)
            {
                LogNotNewer(uuid, version, fault.Message);
            }
        }

        return null;
    }

    private async Task<ChosenVersion> GetAsync(string version, CancellationToken cancellationToken)
    {
        (ChosenVersion? chosen, DataStoreException? absence) = await FindAsync(version, cancellationToken).ConfigureAwait(false);
        return chosen ?? throw absence!;
    }

    /// <summary>One of both: the version, or the server's word that it has no XML for it.</summary>
    private async Task<(ChosenVersion? Chosen, DataStoreException? Absence)> FindAsync(string version, CancellationToken cancellationToken)
    {
        try
        {
            FoundXml found = await _xml.FindAsync(version, cancellationToken).ConfigureAwait(false);
            return found.Text is null
                ? (null, found.Absence)
                : (new ChosenVersion(version, BdvXml.Parse(found.Text), dataset.Versions, IsDraft: false), null);
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.Refused)
        {
            LogDraft(uuid, fault.Message);
            return (new ChosenVersion(version, BdvXml.Parse(BdvXmlDraft.Write(dataset)), dataset.Versions, IsDraft: true), null);
        }
    }

    /// <summary>The highest version, if it is a phantom. A server that has no XML at all has none.</summary>
    private async Task<int?> FindPhantomAsync(CancellationToken cancellationToken)
    {
        if (dataset.Versions.Count < 2 || (await FindAsync(Text(dataset.Versions[^1]), cancellationToken).ConfigureAwait(false)).Chosen is not null)
        {
            return null;
        }

        return (await FindAsync(Text(dataset.Versions[0]), cancellationToken).ConfigureAwait(false)).Chosen is null ? null : dataset.Versions[^1];
    }

    private string Named()
    {
        string some = string.Join(", ", dataset.Versions.Take(MostNamed));
        return dataset.Versions.Count > MostNamed
            ? $"{some}, ... ({dataset.Versions.Count} versions), latest, mixedLatest"
            : $"{some}, latest, mixedLatest";
    }

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dataset {Uuid}: the server makes a new version; this may take minutes")]
    private partial void LogMaking(string uuid);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dataset {Uuid}: version {Version} was made for this mount")]
    private partial void LogMade(string uuid, int version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset {Uuid}: version {Version} is passed over as latest: {Reason}")]
    private partial void LogPhantom(string uuid, int version, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dataset {Uuid}: version {Version} does not count as the newest: {Reason}")]
    private partial void LogNotNewer(string uuid, int version, string reason);

    [LoggerMessage(Message = "Dataset {Uuid}: latest is version {Version}; what is written goes there")]
    private partial void LogTarget(LogLevel level, string uuid, int version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset {Uuid}: the server sends no XML, so transforms of the views are not known: {Reason}")]
    private partial void LogDraft(string uuid, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Dataset {Uuid}: the XML of version 0, by which the server finds blocks, cannot be had; "
            + "the mounted version's is taken for it: {Reason}")]
    private partial void LogNoAddressing(string uuid, string reason);
}
