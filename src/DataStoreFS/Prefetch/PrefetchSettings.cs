using System.Globalization;
using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>What a user may turn.</summary>
/// <param name="Blocks">Most blocks that may be ahead of a program: 0 switches prefetching off, null lets it find out.</param>
/// <param name="Bytes">Most memory that blocks may take that were fetched ahead and not asked for yet: half of the cache is right.</param>
public sealed record PrefetchSettings(int? Blocks, long Bytes)
{
    public const int MostBlocks = 65_536;

    /// <summary>
    /// Half of the cache. What programs have read lies in the kernel's page cache as well, so that it is the guesses that need this one.
    /// </summary>
    public static long Share(long cacheBytes) => cacheBytes / 2;

    /// <exception cref="DataStoreException">Usage: the text is none of <c>off</c>, <c>auto</c> and a number.</exception>
    public static PrefetchSettings Parse(string text, long cacheBytes)
    {
        if (text == "auto")
        {
            return new PrefetchSettings(null, Share(cacheBytes));
        }

        if (text == "off")
        {
            return new PrefetchSettings(0, Share(cacheBytes));
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int blocks) && blocks <= MostBlocks
            ? new PrefetchSettings(blocks, Share(cacheBytes))
            : throw new DataStoreException(
                DataStoreErrorKind.Usage, $"--prefetch {text}: expected off, auto, or a number of blocks up to {MostBlocks}");
    }
}
