using System.Text;
using DataStoreFS.Model;

namespace DataStoreFS.Transfer;

/// <summary>
/// A dataset's label as the server will have it. It keeps labels as names of files in the dataset's folder, beside the versions, whose names are
/// numbers: a label of digits becomes a version that has no data, and breaks <c>latest</c> and <c>mixedLatest</c>.
/// </summary>
internal static class DatasetLabel
{
    // NAME_MAX of Linux file systems.
    private const int LongestName = 255;

    /// <exception cref="DataStoreException">Usage.</exception>
    public static string? Check(string? label)
    {
        if (label is null)
        {
            return null;
        }

        string kept = string.Concat(label.Select(c => ":\\/*\"?|<>'".Contains(c, StringComparison.Ordinal) || char.IsControl(c) ? ' ' : c)).Trim();
        string? fault =
            kept.Length == 0 || kept is "." or ".." ? "has nothing that a server keeps"
            : kept.All(char.IsDigit) ? "is only digits, which a server takes for a version of the dataset; add a letter"
            : Encoding.UTF8.GetByteCount(kept) > LongestName ? $"is longer than {LongestName} bytes"
            : null;
        return fault is null ? kept : throw new DataStoreException(DataStoreErrorKind.Usage, $"the label '{ForeignText.Shown(label)}' {fault}");
    }
}
