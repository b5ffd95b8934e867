using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>
/// Where a redirect of this protocol leads. A dedicated server's address is an opaque prefix; the shared server's is a form we know.
/// </summary>
internal static class RedirectTarget
{
    /// <summary>
    /// The address, absolute. When it names the authority that was addressed, scheme and port are kept as they were: behind a proxy the server
    /// believes itself to be at <c>http://</c> whatever the client used.
    /// </summary>
    /// <returns>Null when it is no http address.</returns>
    public static Uri? Resolve(string addressed, Uri? location)
    {
        Uri origin = new(addressed);
        if (location is null || !Uri.TryCreate(origin, location, out Uri? target) || target.Scheme is not ("http" or "https"))
        {
            return null;
        }

        return string.Equals(target.Authority, origin.Authority, StringComparison.OrdinalIgnoreCase)
            ? new UriBuilder(target) { Scheme = origin.Scheme, Port = origin.IsDefaultPort ? -1 : origin.Port }.Uri
            : target;
    }

    /// <summary>
    /// The version in a shared server's <c>…/datasets/{uuid}/{rx}/{ry}/{rz}/{version}/</c>; null when the address has another form, as that of a
    /// dedicated server.
    /// </summary>
    public static string? VersionIn(Uri target, string uuid, Size3 resolution)
    {
        string path = target.AbsolutePath.TrimEnd('/');
        string form = $"/datasets/{uuid}/{resolution.X}/{resolution.Y}/{resolution.Z}/";
        int at = path.LastIndexOf(form, StringComparison.Ordinal);
        string? version = at < 0 ? null : path[(at + form.Length)..];
        return string.IsNullOrEmpty(version) || version.Contains('/') ? null : version;
    }

    /// <summary>The base address of a level: the redirect's address without what was appended to the base that was asked.</summary>
    /// <param name="target">Where the redirect leads.</param>
    /// <param name="tail">The block list that followed the old base; empty for a start call.</param>
    public static string LevelBase(Uri target, string tail)
    {
        string address = target.GetLeftPart(UriPartial.Path);
        string rest = tail.Length > 0 && address.TrimEnd('/').EndsWith('/' + tail, StringComparison.Ordinal)
            ? address.TrimEnd('/')[..^tail.Length]
            : address;
        return rest.EndsWith('/') ? rest : rest + '/';
    }
}
