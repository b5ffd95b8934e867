using System.Globalization;
using System.Text;

namespace DataStoreFS.Remote;

/// <summary>
/// Writes the addresses of blocks behind a level's base address: <c>x/y/z/t/c/a</c>, again and again, with slashes between. The server reads them
/// with a pattern search and drops an incomplete last one silently, so a list is never cut at a byte, only between blocks.
/// </summary>
internal static class BlockAddressList
{
    // "GET " and " HTTP/1.1"; POST is one longer.
    private const int LineOverhead = 5 + 9;

    /// <summary>Appends as many blocks as fit into the request line, at least one.</summary>
    /// <param name="levelBase">Absolute, with a trailing slash.</param>
    /// <param name="image">Gives timepoint, channel and angle.</param>
    /// <param name="blocks">All blocks of the call.</param>
    /// <param name="first">Index of the first block to write.</param>
    /// <param name="lineLimit">Bytes of a request line; what counts of the address is its path.</param>
    /// <param name="address">The whole address.</param>
    /// <returns>How many blocks it names.</returns>
    public static int Build(string levelBase, ImageAddress image, IReadOnlyList<BlockRequest> blocks, int first, int lineLimit, out string address)
    {
        string tail = string.Create(CultureInfo.InvariantCulture, $"/{image.Timepoint}/{image.Channel}/{image.Angle}");
        int room = lineLimit - LineOverhead + (levelBase.Length - PathLength(levelBase));
        StringBuilder text = new(levelBase, capacity: levelBase.Length + (Math.Min(blocks.Count - first, 64) * 24));
        int count = 0;
        while (first + count < blocks.Count)
        {
            int before = text.Length;
            BlockRequest block = blocks[first + count];
            text.Append(CultureInfo.InvariantCulture, $"{(count == 0 ? "" : "/")}{block.X}/{block.Y}/{block.Z}{tail}");
            if (text.Length > room && count > 0)
            {
                text.Length = before;
                break;
            }

            count++;
        }

        address = text.ToString();
        return count;
    }

    private static int PathLength(string address)
    {
        int authority = address.IndexOf("://", StringComparison.Ordinal) + 3;
        int path = address.IndexOf('/', authority);
        return path < 0 ? 0 : address.Length - path;
    }
}
