using System.Globalization;
using DataStoreFS.Model;

namespace DataStoreFS.Views;

/// <summary>BigDataViewer's ways to write timepoint ids, with an eye on how many they come to.</summary>
internal static class TimepointPattern
{
    /// <summary><c>first</c> to <c>last</c>, both included.</summary>
    public static int[] Range(int first, int last, int step)
    {
        long count = step < 1 ? 0 : (((long)last - first) / step) + 1;
        if (first < 0 || last < first || count is < 1 or > DatasetLimits.MostTimepoints)
        {
            throw BdvXmlReader.Wrong($"timepoints from {first} to {last} in steps of {step} cannot be");
        }

        int[] ids = new int[count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = (int)(first + ((long)i * step));
        }

        return ids;
    }

    /// <summary>Comma-separated: <c>7</c>, <c>0-10</c>, <c>0-10:2</c>.</summary>
    public static IReadOnlyList<int> Parse(string pattern)
    {
        SortedSet<int> ids = [];
        foreach (string part in pattern.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] stepped = part.Split(':', StringSplitOptions.TrimEntries);
            string[] ends = stepped[0].Split('-', StringSplitOptions.TrimEntries);
            if (stepped.Length > 2 || ends.Length > 2)
            {
                throw Unreadable(part);
            }

            int first = Number(ends[0], part);
            ids.UnionWith(Range(first, ends.Length == 2 ? Number(ends[1], part) : first, stepped.Length == 2 ? Number(stepped[1], part) : 1));
            RequireFew(ids.Count);
        }

        return [.. ids];
    }

    public static int[] Sorted(IEnumerable<int> ids)
    {
        SortedSet<int> result = [];
        foreach (int id in ids)
        {
            result.Add(id);
            RequireFew(result.Count);
        }

        return [.. result];
    }

    private static int Number(string text, string part) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw Unreadable(part);

    private static void RequireFew(int count)
    {
        if (count > DatasetLimits.MostTimepoints)
        {
            throw BdvXmlReader.Wrong($"it has more than {DatasetLimits.MostTimepoints} timepoints");
        }
    }

    private static DataStoreException Unreadable(string part) => BdvXmlReader.Wrong($"the timepoint pattern holds '{ForeignText.Shown(part)}'");
}
