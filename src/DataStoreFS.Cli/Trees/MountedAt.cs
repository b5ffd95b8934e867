using System.Text;

namespace DataStoreFS.Cli.Trees;

/// <summary>
/// The mount that a path lies in. Only what may be shown to others: the source column of some file systems holds user names and passwords.
/// </summary>
/// <param name="Path">Where it is mounted.</param>
/// <param name="Type">Such as <c>ext4</c>, <c>fuse.datastorefs</c>.</param>
/// <param name="Options">The mount's own, such as <c>ro,nosuid,nodev</c>; not those of its file system.</param>
internal sealed record MountedAt(string Path, string Type, string Options)
{
    public bool IsOurs => Type == "fuse.datastorefs";

    /// <param name="path">Canonical.</param>
    public static MountedAt Of(string path) => Of(path, File.ReadLines("/proc/self/mountinfo"));

    /// <param name="path">Canonical.</param>
    /// <param name="table">Lines of <c>/proc/self/mountinfo</c>.</param>
    public static MountedAt Of(string path, IEnumerable<string> table)
    {
        MountedAt best = new("/", "unknown", "");
        foreach (MountedAt mount in Read(table))
        {
            // The deepest one holds the path, and of those at one place the last.
            string at = mount.Path;
            if ((at == "/" || path == at || path.StartsWith(at + "/", StringComparison.Ordinal)) && at.Length >= best.Path.Length)
            {
                best = mount;
            }
        }

        return best;
    }

    /// <summary>Where this program has mounted something.</summary>
    public static IEnumerable<string> Ours(IEnumerable<string> table) => Read(table).Where(mount => mount.IsOurs).Select(mount => mount.Path);

    private static IEnumerable<MountedAt> Read(IEnumerable<string> table)
    {
        foreach (string line in table)
        {
            // proc(5): 36 35 98:0 /root /mount/point options [optional fields] - type source super-options
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            if (separator >= 6 && separator + 1 < fields.Length)
            {
                yield return new MountedAt(Unescape(fields[4]), fields[separator + 1], fields[5]);
            }
        }
    }

    // Blank, tab, newline and backslash are written as three octal digits.
    private static string Unescape(string field)
    {
        byte[] raw = Encoding.UTF8.GetBytes(field);
        List<byte> bytes = [];
        for (int i = 0; i < raw.Length; i++)
        {
            bool escape = raw[i] == '\\' && i + 3 < raw.Length;
            bytes.Add(escape ? (byte)(((raw[i + 1] - '0') << 6) | ((raw[i + 2] - '0') << 3) | (raw[i + 3] - '0')) : raw[i]);
            i += escape ? 3 : 0;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
