using System.Text;
using DataStoreFS.Overlay;

namespace DataStoreFS.Tests.Overlay;

public sealed class UnifiedDiffTests
{
    [Fact]
    public void ItIsWhatDiffShows() => Assert.Equal(
        """
        --- dataset/a
        +++ overlay/a
        @@ -1,3 +1,4 @@
        +0
         1
         2
         3
        @@ -6,7 +7,6 @@
         6
         7
         8
        -9
        -10
        +nine
         11
         12
        \ No newline at end of file

        """,
        Diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12", "0\n1\n2\n3\n4\n5\n6\n7\n8\nnine\n11\n12"));

    [Theory]
    [InlineData("", "", "")]
    [InlineData("a\n", "a\n", "")]
    [InlineData("", "a\n", "@@ -0,0 +1,1 @@\n+a\n")]
    [InlineData("a", "", "@@ -1,1 +0,0 @@\n-a\n\\ No newline at end of file\n")]
    [InlineData("a", "a\n", "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n")]
    public void EmptyTextsAndMissingLineEndsAreSaid(string before, string after, string hunk) =>
        Assert.Equal(hunk.Length == 0 ? "" : "--- dataset/a\n+++ overlay/a\n" + hunk, Diff(before, after));

    [Fact]
    public void RandomTextsComeOutOfTheirDifferencesWithTheFewestChanges()
    {
        Random random = new(17);
        for (int round = 0; round < 2000; round++)
        {
            string[] before = Lines(random);
            string[] after = Lines(random);
            IReadOnlyList<LineChange> changes = LineDiff.Find(before, after);
            Assert.Equal(after, Apply(before, after, changes));
            Assert.Equal(before.Length + after.Length - (2 * Common(before, after)), changes.Sum(c => c.BeforeCount + c.AfterCount));
            Assert.All(changes.Zip(changes.Skip(1)), pair => Assert.True(pair.First.Before + pair.First.BeforeCount < pair.Second.Before));
        }
    }

    [Fact]
    public void TextsWithNothingInCommonAreOneChangeInBoundedTime()
    {
        string[] before = [.. Enumerable.Range(0, 50_000).Select(i => $"old {i}")];
        string[] after = [.. Enumerable.Range(0, 50_000).Select(i => $"new {i}")];
        Assert.Equal([new LineChange(0, 50_000, 0, 50_000)], LineDiff.Find(before, after));
    }

    private static string Diff(string before, string after)
    {
        StringBuilder output = new();
        UnifiedDiff.Write(output, "dataset/a", "overlay/a", before, after);
        return output.ToString();
    }

    private static string[] Lines(Random random) => [.. Enumerable.Range(0, random.Next(12)).Select(_ => ((char)('a' + random.Next(3))).ToString())];

    private static List<string> Apply(string[] before, string[] after, IReadOnlyList<LineChange> changes)
    {
        List<string> text = [];
        int at = 0;
        foreach (LineChange change in changes)
        {
            text.AddRange(before[at..change.Before]);
            Assert.Equal(text.Count, change.After);
            text.AddRange(after.AsSpan(change.After, change.AfterCount));
            at = change.Before + change.BeforeCount;
        }

        text.AddRange(before[at..]);
        return text;
    }

    private static int Common(string[] a, string[] b)
    {
        int[,] longest = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                longest[i, j] = a[i - 1] == b[j - 1] ? longest[i - 1, j - 1] + 1 : Math.Max(longest[i - 1, j], longest[i, j - 1]);
            }
        }

        return longest[a.Length, b.Length];
    }
}
