using System.Globalization;

namespace DataStoreFS.Cli.Info;

/// <summary>Ids as people list them.</summary>
internal static class Ranges
{
    private const int Shown = 8;

    /// <summary><c>0-600</c>, <c>3, 5, 9</c>, <c>0-4, 7, …</c>.</summary>
    /// <param name="ids">Ascending.</param>
    public static string Describe(IReadOnlyList<int> ids)
    {
        var parts = new List<string>();
        for (int i = 0; i < ids.Count;)
        {
            int last = i;
            while (last + 1 < ids.Count && ids[last + 1] == ids[last] + 1)
            {
                last++;
            }

            if (parts.Count == Shown)
            {
                parts.Add("…");
                break;
            }

            parts.Add(last == i ? Text(ids[i]) : $"{Text(ids[i])}-{Text(ids[last])}");
            i = last + 1;
        }

        return string.Join(", ", parts);
    }

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
}
