using System.Globalization;
using DataStoreFS.Server.Http;

namespace DataStoreFS.Server.Storage;

/// <summary>One block as a URL names it: grid position, and the ids of timepoint, channel and angle.</summary>
internal readonly record struct BlockAddress(long X, long Y, long Z, int Timepoint, int Channel, int Angle)
{
    private const int Numbers = 6;

    /// <summary>
    /// Finds the further blocks of a request the way the original does, by searching the rest of the path for six groups of digits between slashes:
    /// a minus sign is stepped over and an incomplete last group is dropped without a word.
    /// </summary>
    /// <param name="rest">What follows the first block in the path.</param>
    /// <param name="blocks">Gets them in URL order.</param>
    /// <exception cref="Refusal">400: a number is too large.</exception>
    public static void Scan(ReadOnlySpan<char> rest, List<BlockAddress> blocks)
    {
        Span<Range> groups = stackalloc Range[Numbers];
        int at = 0;
        while (at < rest.Length)
        {
            int end = char.IsAsciiDigit(rest[at]) ? Match(rest, at, groups) : -1;
            if (end < 0)
            {
                // No match can start later in the same run of digits either.
                at = SkipRun(rest, at);
                continue;
            }

            blocks.Add(new BlockAddress(
                Long(rest[groups[0]]), Long(rest[groups[1]]), Long(rest[groups[2]]), Int(rest[groups[3]]), Int(rest[groups[4]]),
                Int(rest[groups[5]])));
            at = end;
        }
    }

    private static int Match(ReadOnlySpan<char> text, int at, Span<Range> groups)
    {
        for (int i = 0; i < Numbers; i++)
        {
            int start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            if (at == start)
            {
                return -1;
            }

            groups[i] = start..at;
            if (i < Numbers - 1 && (at == text.Length || text[at++] != '/'))
            {
                return -1;
            }
        }

        return at;
    }

    private static int SkipRun(ReadOnlySpan<char> text, int at)
    {
        do
        {
            at++;
        }
        while (at < text.Length && char.IsAsciiDigit(text[at]) && char.IsAsciiDigit(text[at - 1]));

        return at;
    }

    private static long Long(ReadOnlySpan<char> digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : throw Refusal.NotANumber(digits.ToString());

    private static int Int(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw Refusal.NotANumber(digits.ToString());
}
