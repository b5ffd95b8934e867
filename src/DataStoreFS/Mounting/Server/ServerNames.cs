using System.Text;
using System.Text.RegularExpressions;
using DataStoreFS.Model;

namespace DataStoreFS.Mounting.Server;

/// <summary>Which names of a whole-server mount may be asked of the server at all.</summary>
internal static partial class ServerNames
{
    private const int LongestName = 255;

    // Words of the protocol's addresses: no server has a dataset of that name, and nothing near a destructive address is ever asked for.
    private static readonly HashSet<string> s_reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "datasets", "bdv", "json", "stop", "delete", "remove", "write", "read", "read-write", "no-access", "new", "latest", "mixedLatest", "all",
        "rebuild",
        "settings", "channels", "common-metadata", "datatype", "export.xml", "export.n5", "attributes.json",
    };

    /// <summary>Desktops look for .Trash, autorun.inf and their like in every folder: names that begin with a dot never reach the server.</summary>
    public static bool TryUuid(ReadOnlySpan<byte> name, out string uuid) => TryMatch(name, Uuid(), out uuid) && !s_reserved.Contains(uuid);

    /// <summary>
    /// Whether the dataset has that version is another question. <c>new</c> is not a name to be looked up: it would make a version.
    /// </summary>
    public static bool TryVersion(ReadOnlySpan<byte> name, out string version) => TryMatch(name, Version(), out version);

    /// <summary>Reads a file of known datasets: one a line, <c>#</c> begins a comment.</summary>
    /// <exception cref="DataStoreException">Usage: it cannot be read, or a line is no dataset's name.</exception>
    public static IReadOnlyList<string> ReadFile(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, $"cannot read the list of datasets {path}: {fault.Message}", fault);
        }

        List<string> uuids = [];
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Split('#')[0].Trim();
            if (line.Length == 0)
            {
                continue;
            }

            if (!Uuid().IsMatch(line) || s_reserved.Contains(line))
            {
                throw new DataStoreException(DataStoreErrorKind.Usage, $"line {i + 1} of the list of datasets {path} is no dataset's name: '{line}'");
            }

            uuids.Add(line);
        }

        return uuids;
    }

    private static bool TryMatch(ReadOnlySpan<byte> name, Regex pattern, out string text)
    {
        text = name.Length <= LongestName ? Encoding.UTF8.GetString(name) : string.Empty;
        return pattern.IsMatch(text);
    }

    // As in SourceAddress: what such a name becomes in a URL is itself.
    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]*\\z")]
    private static partial Regex Uuid();

    [GeneratedRegex("^(0|[1-9][0-9]{0,8}|latest|mixedLatest|all)\\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Version();
}
