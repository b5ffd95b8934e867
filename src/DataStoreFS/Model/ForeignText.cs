namespace DataStoreFS.Model;

/// <summary>Text of servers and files on its way into a one-line message.</summary>
public static class ForeignText
{
    private const int LongestShown = 60;

    /// <summary>Shortened, and without line ends or other control characters.</summary>
    public static string Shown(string? text)
    {
        text ??= "";
        string shown = string.Concat(text.Take(LongestShown).Select(c => char.IsControl(c) ? ' ' : c));
        return text.Length > LongestShown ? shown + "..." : shown;
    }
}
