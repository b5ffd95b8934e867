using System.Globalization;
using System.Net;
using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>
/// <c>GET /datasets/{uuid}/{rx}/{ry}/{rz}/{version}/{mode}</c>: the server resolves the version (and, for <c>new</c>, makes one) and redirects to
/// where the level's blocks are.
/// </summary>
internal sealed class StartCall(string server, HttpTransport transport)
{
    // Milliseconds without a block after which a dedicated server ends itself. Long enough for a pause in scrolling; it is started again when needed.
    private const int IdleTimeout = 60_000;

    private const int StatusLimit = 1 << 20;

    /// <summary>The shared server's base address of a level, as every server since 1.3 has it.</summary>
    public static string DirectBase(string server, string uuid, Size3 resolution, string version) =>
        string.Create(CultureInfo.InvariantCulture, $"{server}/datasets/{uuid}/{resolution.X}/{resolution.Y}/{resolution.Z}/{version}/");

    /// <summary>Where a level's blocks are; null when the server does not say.</summary>
    /// <param name="image">The version in it is a number or <c>mixedLatest</c>.</param>
    /// <param name="mode"><c>read</c> or <c>read-write</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<string?> LevelBaseAsync(ImageAddress image, string mode, CancellationToken cancellationToken)
    {
        string address = Address(image.Uuid, image.Resolution, image.Version, mode);
        using HttpResponseMessage response = await transport.SendAsync(HttpMethod.Get, address, null, null, cancellationToken).ConfigureAwait(false);
        Uri? target = IsRedirect(response.StatusCode) ? RedirectTarget.Resolve(address, response.Headers.Location) : null;
        return target is null ? null : BaseOf(target, address, image.Uuid, image.Resolution);
    }

    /// <summary>Starts a version that may be named rather than numbered, and says which number it is.</summary>
    /// <param name="uuid">Dataset.</param>
    /// <param name="resolution">One of the dataset's.</param>
    /// <param name="version">A number, <c>latest</c> or, with a mode that writes, <c>new</c>.</param>
    /// <param name="mode"><c>read</c>, <c>write</c> or <c>read-write</c>.</param>
    /// <param name="progress">Ends the call; whether <c>new</c> has made a version is then not known.</param>
    public async ValueTask<(Attempt Attempt, int Version)> VersionAsync(
        string uuid, Size3 resolution, string version, string mode, ProgressTimeout progress)
    {
        string address = Address(uuid, resolution, version, mode);
        string request = $"GET {address}";
        try
        {
            using HttpResponseMessage response = await transport.SendAsync(HttpMethod.Get, address, null, null, progress.Token).ConfigureAwait(false);
            if (!IsRedirect(response.StatusCode))
            {
                string text = await ServerText.ReadAsync(response, transport.Token, progress.Token).ConfigureAwait(false);
                return (HttpFaults.FromStatus(request, response.StatusCode, text), 0);
            }

            Uri? target = RedirectTarget.Resolve(address, response.Headers.Location);
            string? resolved = target is null ? null : RedirectTarget.VersionIn(target, uuid, resolution);
            if (resolved is null && target is not null)
            {
                resolved = await AskDedicatedAsync(target, progress).ConfigureAwait(false);
            }

            return int.TryParse(resolved, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? (Attempt.Done, number)
                : (Attempt.Failed(DataStoreErrorKind.Protocol, $"{request} redirects to {response.Headers.Location}, which names no version"), 0);
        }
        catch (Exception e) when (HttpFaults.IsNetwork(e))
        {
            return (HttpFaults.FromException(request, e, progress), 0);
        }
    }

    private static bool IsRedirect(HttpStatusCode status) => (int)status is >= 300 and < 400;

    private static string Address(string server, string uuid, Size3 resolution, string version, string mode) =>
        string.Create(CultureInfo.InvariantCulture, $"{DirectBase(server, uuid, resolution, version)}{mode}?timeout={IdleTimeout}");

    private string Address(string uuid, Size3 resolution, string version, string mode) => Address(server, uuid, resolution, version, mode);

    // The shared server composes its Location without the path prefix a proxy may have added, so only the version is taken from it.
    private string BaseOf(Uri target, string address, string uuid, Size3 resolution)
    {
        bool same = string.Equals(target.Authority, new Uri(address).Authority, StringComparison.OrdinalIgnoreCase);
        return same && RedirectTarget.VersionIn(target, uuid, resolution) is { } version
            ? DirectBase(server, uuid, resolution, version)
            : RedirectTarget.LevelBase(target, "");
    }

    // A dedicated server's address says nothing; its status does: {"uuid":…,"version":3,…}.
    private async ValueTask<string?> AskDedicatedAsync(Uri target, ProgressTimeout progress)
    {
        using HttpResponseMessage response = await transport.SendAsync(
            HttpMethod.Get, target.AbsoluteUri, null, null, progress.Token).ConfigureAwait(false);
        byte[]? json = response.StatusCode == HttpStatusCode.OK
            ? await BoundedBody.ReadAsync(response, StatusLimit, progress).ConfigureAwait(false)
            : null;
        if (json is null)
        {
            return null;
        }

        try
        {
            using JsonDocument status = JsonDocument.Parse(json);
            return status.RootElement.ValueKind == JsonValueKind.Object && status.RootElement.TryGetProperty("version", out JsonElement version)
                ? version.GetRawText()
                : null;
        }
        catch (JsonException)
        {
            // Not a DataStore's status: the same to the caller as an answer without a version.
            return null;
        }
    }
}
