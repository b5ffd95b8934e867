using DataStoreFS.Model;
using DataStoreFS.Remote;

namespace DataStoreFS.Opening;

/// <summary>The XML of a version, or that it has none: the one notion of what makes a listed number a phantom.</summary>
/// <remarks>
/// Only the server's own answer can say so. A 404 does at once; a 5xx only when it stays: the original rewrites XML files in place, without a lock,
/// when channels are added or a version is made, and whoever reads one meanwhile is answered 500. Silence, a gateway's complaint and a refused
/// token say nothing of a version: they are thrown.
/// </remarks>
internal sealed class VersionXml(IDataStoreClient client, string uuid, TimeProvider time)
{
    private const int MostTries = 4;

    // Doubles: a little over a second in all.
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(150);

    /// <param name="version">A listed number, <c>mixedLatest</c> or <c>all</c>.</param>
    /// <param name="cancellationToken">Ends the requests and the waiting.</param>
    /// <exception cref="DataStoreException">Refused: the server gives no XML of this version by this address. And whatever says nothing.</exception>
    public async Task<FoundXml> FindAsync(string version, CancellationToken cancellationToken)
    {
        TimeSpan pause = s_firstPause;
        for (int tries = 1; ; tries++)
        {
            try
            {
                return new FoundXml(await client.GetXmlAsync(uuid, version, cancellationToken).ConfigureAwait(false), null);
            }
            catch (DataStoreException fault) when (IsAbsence(fault, tries))
            {
                return new FoundXml(null, fault);
            }
            catch (DataStoreException fault) when (IsServerError(fault))
            {
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
                pause *= 2;
            }
        }
    }

    private static bool IsAbsence(DataStoreException fault, int tries) =>
        (fault.IsAnswer && fault.Kind == DataStoreErrorKind.NotFound) || (IsServerError(fault) && tries == MostTries);

    private static bool IsServerError(DataStoreException fault) => fault.IsAnswer && fault.Kind == DataStoreErrorKind.Unreachable;
}

/// <param name="Text">Null when the server has none.</param>
/// <param name="Absence">What it said then.</param>
internal readonly record struct FoundXml(string? Text, DataStoreException? Absence)
{
    public string Require() => Text ?? throw Absence!;
}
