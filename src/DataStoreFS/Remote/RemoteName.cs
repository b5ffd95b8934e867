using System.Text.RegularExpressions;
using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>
/// What may become a segment of an address. Names come from users and from servers, and some addresses of this protocol delete data; so nothing
/// with a slash, a dot segment, a query or an escape gets through.
/// </summary>
internal static partial class RemoteName
{
    public static bool IsUuid(string text) => Uuid().IsMatch(text);

    public static void RequireUuid(string uuid)
    {
        if (!IsUuid(uuid))
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"'{ServerText.FirstLine(uuid)}' cannot be a dataset's name: letters, digits, '.', '_' and '-' only");
        }
    }

    /// <summary>A number or one of <paramref name="words"/>.</summary>
    public static void RequireVersion(string version, params ReadOnlySpan<string> words)
    {
        if (!words.Contains(version) && !Number().IsMatch(version))
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"'{ServerText.FirstLine(version)}' cannot be used as a version here");
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]*\\z")]
    private static partial Regex Uuid();

    [GeneratedRegex("^[0-9]{1,9}\\z")]
    private static partial Regex Number();
}
