namespace DataStoreFS.Overlay;

/// <summary>A run of lines that another run takes the place of; either may be empty.</summary>
/// <param name="Before">First line of the old run.</param>
/// <param name="BeforeCount">Its lines.</param>
/// <param name="After">First line of the new run.</param>
/// <param name="AfterCount">Its lines.</param>
internal readonly record struct LineChange(int Before, int BeforeCount, int After, int AfterCount);

/// <summary>The fewest changed lines between two texts, by Myers' "An O(ND) Difference Algorithm and Its Variations" (Algorithmica 1986).</summary>
internal static class LineDiff
{
    /// <summary>
    /// Beyond so many changed lines the search, whose time and memory grow with its square, ends: all that differs is one change then.
    /// </summary>
    private const int MostEdits = 1000;

    /// <summary>Ascending, with at least one common line between two of them.</summary>
    public static IReadOnlyList<LineChange> Find(string[] before, string[] after)
    {
        int shorter = Math.Min(before.Length, after.Length);
        int head = 0;
        while (head < shorter && before[head] == after[head])
        {
            head++;
        }

        int tail = 0;
        while (tail < shorter - head && before[^(tail + 1)] == after[^(tail + 1)])
        {
            tail++;
        }

        ArraySegment<string> old = new(before, head, before.Length - head - tail);
        ArraySegment<string> young = new(after, head, after.Length - head - tail);
        if (old.Count == 0 && young.Count == 0)
        {
            return [];
        }

        bool[] removed = new bool[old.Count];
        bool[] added = new bool[young.Count];
        return old.Count > 0 && young.Count > 0 && TryMark(old, young, removed, added)
            ? Runs(removed, added, head)
            : [new LineChange(head, old.Count, head, young.Count)];
    }

    /// <returns>False when there are too many changes.</returns>
    private static bool TryMark(ArraySegment<string> old, ArraySegment<string> young, bool[] removed, bool[] added)
    {
        // reach[k + centre]: how far into the old text one gets on diagonal k (old minus young lines) with so many edits.
        int most = Math.Min(old.Count + young.Count, MostEdits);
        int centre = most + 1;
        int[] reach = new int[(2 * most) + 3];
        List<int[]> trace = [];
        for (int edits = 0; edits <= most; edits++)
        {
            trace.Add(reach[(centre - edits - 1)..(centre + edits + 2)]);
            for (int k = -edits; k <= edits; k += 2)
            {
                int x = IsInsertion(reach, centre, k, edits) ? reach[centre + k + 1] : reach[centre + k - 1] + 1;
                while (x < old.Count && x - k < young.Count && old[x] == young[x - k])
                {
                    x++;
                }

                reach[centre + k] = x;
                if (x >= old.Count && x - k >= young.Count)
                {
                    Trace(trace, old.Count, young.Count, removed, added);
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Walks the found path backwards.</summary>
    private static void Trace(List<int[]> trace, int x, int y, bool[] removed, bool[] added)
    {
        for (int edits = trace.Count - 1; edits > 0; edits--)
        {
            int[] reach = trace[edits];
            int centre = edits + 1;
            int k = x - y;
            bool insertion = IsInsertion(reach, centre, k, edits);
            int from = insertion ? k + 1 : k - 1;
            x = reach[centre + from];
            y = x - from;
            if (insertion)
            {
                added[y] = true;
            }
            else
            {
                removed[x] = true;
            }
        }
    }

    private static bool IsInsertion(int[] reach, int centre, int k, int edits) =>
        k == -edits || (k != edits && reach[centre + k - 1] < reach[centre + k + 1]);

    private static List<LineChange> Runs(bool[] removed, bool[] added, int offset)
    {
        List<LineChange> runs = [];
        int x = 0;
        int y = 0;
        while (x < removed.Length || y < added.Length)
        {
            (int fromX, int fromY) = (x, y);
            while (x < removed.Length && removed[x])
            {
                x++;
            }

            while (y < added.Length && added[y])
            {
                y++;
            }

            if (x > fromX || y > fromY)
            {
                runs.Add(new LineChange(fromX + offset, x - fromX, fromY + offset, y - fromY));
            }

            x++;
            y++;
        }

        return runs;
    }
}
