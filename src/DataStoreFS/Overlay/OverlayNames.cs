using System.Text;

namespace DataStoreFS.Overlay;

/// <summary>
/// Names as they stand in the upper folder. A name is itself, except that the overlay's own marks begin with <c>.dsfs.</c>, so user names which begin
/// like that are escaped. Marks lie beside what they are about, so a renamed folder takes its own along.
/// </summary>
internal static class OverlayNames
{
    /// <summary>In a folder: nothing of the lower tree shows through here.</summary>
    public const string Opaque = Reserved + "opaque";

    private const string Reserved = ".dsfs.";
    private const string Escaped = Reserved + "e.";
    private const string Removed = Reserved + "w.";
    private const int LongestName = 255; // NAME_MAX, in bytes

    /// <summary>How an entry of this name is called on disk.</summary>
    public static string OnDisk(string name) => name.StartsWith(Reserved, StringComparison.Ordinal) ? Escaped + name : name;

    /// <summary>The mark that says that the lower entry of this name was removed.</summary>
    public static string Whiteout(string name) => Removed + name;

    public static DiskName Parse(string onDisk, out string name)
    {
        name = onDisk;
        if (!onDisk.StartsWith(Reserved, StringComparison.Ordinal))
        {
            return DiskName.Entry;
        }

        if (onDisk.StartsWith(Escaped, StringComparison.Ordinal))
        {
            name = onDisk[Escaped.Length..];
            return DiskName.Entry;
        }

        name = onDisk.StartsWith(Removed, StringComparison.Ordinal) ? onDisk[Removed.Length..] : "";
        return name.Length > 0 ? DiskName.Whiteout : DiskName.Mark;
    }

    /// <summary>Splits and checks a path; nothing that is not a plain name gets further than here.</summary>
    public static int Split(string path, out string[] names)
    {
        names = path.Length == 0 ? [] : path.Split('/');
        foreach (string name in names)
        {
            if (name is "" or "." or ".." || name.Contains('\0'))
            {
                return PosixErrno.EINVAL;
            }

            if (Encoding.UTF8.GetByteCount(OnDisk(name)) > LongestName)
            {
                return PosixErrno.ENAMETOOLONG;
            }
        }

        return PosixErrno.None;
    }
}

internal enum DiskName
{
    Entry,

    /// <summary>Of a removed lower entry.</summary>
    Whiteout,

    /// <summary>Of the folder itself, or of a version to come: not shown.</summary>
    Mark,
}
