using System.Globalization;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Options;

/// <summary>Ids as people list them: <c>3</c>, <c>0-10</c>, <c>0,2,5-7</c>.</summary>
internal static class IdRanges
{
    // Of all parts together: a list is given by hand, and is kept as a set.
    private const int MostIds = 1_000_000;

    /// <exception cref="DataStoreException">Usage.</exception>
    public static IReadOnlySet<int> Parse(string text)
    {
        HashSet<int> ids = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-', StringSplitOptions.TrimEntries);
            int last = -1;
            bool read = ends.Length <= 2
                & int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out last);
            if (!read || last < first || (long)last - first + ids.Count >= MostIds)
            {
                throw new DataStoreException(DataStoreErrorKind.Usage, $"'{ForeignText.Shown(text)}' is not a list of ids such as 0-3,7");
            }

            ids.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return ids;
    }
}
