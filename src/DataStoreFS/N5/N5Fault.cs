using DataStoreFS.Model;

namespace DataStoreFS.N5;

internal static class N5Fault
{
    private const int LongestQuote = 40;

    /// <summary>The bytes are not what they should be. The caller, who knows the file's name, puts it in front.</summary>
    public static DataStoreException Invalid(string why, Exception? inner = null) => new(DataStoreErrorKind.InvalidData, why, inner);

    /// <summary>Foreign text for a one-line message: short, and without control characters.</summary>
    public static string Quote(string? text)
    {
        text ??= "";
        string shown = string.Concat(text.Take(LongestQuote).Select(c => char.IsControl(c) ? '?' : c));
        return text.Length > LongestQuote ? shown + "..." : shown;
    }
}
