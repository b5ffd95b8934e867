using System.Text.RegularExpressions;

namespace DataStoreFS.Model;

/// <summary>
/// What a user names as SOURCE: <c>http(s)://host[:port][/prefix]/datasets/UUID[/VERSION]</c>, the <c>/bdv/UUID/VERSION</c> address of the
/// BigDataServer emulation, or a whole server (<c>http(s)://host[:port]</c>, then <see cref="Uuid"/> is null).
/// </summary>
/// <param name="Server">Scheme, host, port and any path prefix, without a trailing slash and without user info.</param>
/// <param name="Uuid">The dataset, or null for a whole server.</param>
/// <param name="Version">A number, <c>latest</c>, <c>mixedLatest</c>, <c>new</c>, <c>all</c>; null when none was given.</param>
public sealed partial record SourceAddress(string Server, string? Uuid, string? Version)
{
    /// <exception cref="DataStoreException">Usage: what is wrong with the text and what is expected.</exception>
    public static SourceAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            throw Wrong(text, WhyNoAddress(text));
        }

        if (uri.UserInfo.Length > 0)
        {
            throw Wrong(uri.Host, "user names and passwords do not belong into an address; use --token-file");
        }

        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            throw Wrong(text, "it has a query or fragment");
        }

        string authority = uri.GetLeftPart(UriPartial.Authority);
        string path = uri.AbsolutePath.TrimEnd('/');
        Match match = DatasetPath().Match(path);
        if (!match.Success)
        {
            return path.Contains("/datasets", StringComparison.Ordinal) || path.Contains("/bdv", StringComparison.Ordinal)
                ? throw Wrong(text, "its path is not .../datasets/UUID or .../datasets/UUID/VERSION")
                : new SourceAddress(authority + path, null, null);
        }

        string? version = match.Groups["version"].Success ? match.Groups["version"].Value : null;
        if (version is not null && !KnownVersion().IsMatch(version))
        {
            throw Wrong(text, $"'{version}' is no version: a number, latest, mixedLatest, new or all");
        }

        return new SourceAddress(authority + match.Groups["prefix"].Value, match.Groups["uuid"].Value, version);
    }

    /// <summary>The canonical text, as shown in mount tables and messages.</summary>
    public override string ToString() =>
        Uuid is null ? Server : Version is null ? $"{Server}/datasets/{Uuid}" : $"{Server}/datasets/{Uuid}/{Version}";

    private static string WhyNoAddress(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
        {
            return "it does not begin with http:// or https://";
        }

        return BadPort().Match(text) is { Success: true } match && !ushort.TryParse(match.Groups["port"].ValueSpan, out _)
            ? $"'{match.Groups["port"].Value}' is no port: a number up to 65535"
            : "it is not an http:// or https:// address";
    }

    private static DataStoreException Wrong(string text, string why) =>
        new(DataStoreErrorKind.Usage, $"cannot use '{text}' as a source: {why}. Expected http://HOST:PORT/datasets/UUID[/VERSION]");

    // A uuid is whatever the server uses as a directory name, but characters that would change the URL's meaning are not let through.
    [GeneratedRegex("^(?<prefix>.*)/(datasets|bdv)/(?<uuid>[A-Za-z0-9][A-Za-z0-9._-]*)(/(?<version>[^/]+))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex DatasetPath();

    [GeneratedRegex("^https?://[^/@]+:(?<port>[^/:\\]]*)(/|$)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex BadPort();

    [GeneratedRegex("^([0-9]{1,9}|latest|mixedLatest|new|all)$", RegexOptions.ExplicitCapture)]
    private static partial Regex KnownVersion();
}
