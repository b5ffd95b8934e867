using System.Globalization;
using System.Text;

namespace DataStoreFS.Overlay;

/// <summary>Two texts as <c>diff -u</c> shows them, for people and for patch(1).</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>Nothing when the texts are equal.</summary>
    public static void Write(StringBuilder output, string beforeName, string afterName, string before, string after)
    {
        string[] old = Lines(before);
        string[] young = Lines(after);
        IReadOnlyList<LineChange> changes = LineDiff.Find(old, young);
        if (changes.Count > 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"--- {beforeName}\n+++ {afterName}\n");
        }

        for (int first = 0; first < changes.Count;)
        {
            int last = first;
            while (last + 1 < changes.Count && changes[last + 1].Before - End(changes[last]) <= 2 * Context)
            {
                last++;
            }

            Hunk(output, old, young, changes, first, last);
            first = last + 1;
        }
    }

    private static void Hunk(StringBuilder output, string[] old, string[] young, IReadOnlyList<LineChange> changes, int first, int last)
    {
        int start = Math.Max(0, changes[first].Before - Context);
        int end = Math.Min(old.Length, End(changes[last]) + Context);
        int youngStart = changes[first].After - (changes[first].Before - start);
        int youngEnd = changes[last].After + changes[last].AfterCount + (end - End(changes[last]));
        output.Append(CultureInfo.InvariantCulture, $"@@ -{Range(start, end)} +{Range(youngStart, youngEnd)} @@\n");
        int at = start;
        for (int i = first; i <= last; i++)
        {
            LineChange change = changes[i];
            Add(output, ' ', old.AsSpan(at..change.Before));
            Add(output, '-', old.AsSpan(change.Before, change.BeforeCount));
            Add(output, '+', young.AsSpan(change.After, change.AfterCount));
            at = End(change);
        }

        Add(output, ' ', old.AsSpan(at..end));
    }

    private static int End(in LineChange change) => change.Before + change.BeforeCount;

    // Lines count from one; an empty range names the line before it.
    private static string Range(int start, int end) =>
        string.Create(CultureInfo.InvariantCulture, $"{(end > start ? start + 1 : start)},{end - start}");

    private static void Add(StringBuilder output, char mark, ReadOnlySpan<string> lines)
    {
        foreach (string line in lines)
        {
            output.Append(mark).Append(line);
            if (!line.EndsWith('\n'))
            {
                output.Append("\n\\ No newline at end of file\n");
            }
        }
    }

    /// <summary>Each with its end.</summary>
    private static string[] Lines(string text)
    {
        List<string> lines = [];
        for (int at = 0; at < text.Length;)
        {
            int end = text.IndexOf('\n', at);
            int next = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..next]);
            at = next;
        }

        return [.. lines];
    }
}
