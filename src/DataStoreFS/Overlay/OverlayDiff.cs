using System.Globalization;
using System.Text;

namespace DataStoreFS.Overlay;

/// <summary>What programs have changed, for people: a unified diff of each small text file, a line for everything else.</summary>
public static class OverlayDiff
{
    /// <summary>Larger files are only named. An <c>export.xml</c> of a thousand views has about 600 KiB.</summary>
    public const int LargestFile = 4 << 20;

    /// <summary>Where the whole text ends, with a line that says so.</summary>
    public const int LargestText = 32 << 20;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="store">The overlay.</param>
    /// <param name="lower">The dataset's own tree.</param>
    /// <param name="items">Of <see cref="OverlayReport"/>; what has gone meanwhile is left out.</param>
    public static string Write(OverlayStore store, ILowerTree lower, IEnumerable<OverlayItem> items)
    {
        StringBuilder output = new();
        foreach (OverlayItem item in items)
        {
            if (output.Length > LargestText)
            {
                output.Append("and more: name the paths that are of interest\n");
                break;
            }

            Write(output, store, lower, item);
        }

        return output.ToString();
    }

    private static void Write(StringBuilder output, OverlayStore store, ILowerTree lower, in OverlayItem item)
    {
        string path = Printable(item.Path);
        switch (item.Difference)
        {
            case OverlayDifference.Added:
                output.Append(CultureInfo.InvariantCulture, $"Only in the overlay: {path}\n");
                break;
            case OverlayDifference.Removed:
                output.Append(CultureInfo.InvariantCulture, $"Removed: {path}\n");
                break;
            default:
                Changed(output, store, lower, item, path);
                break;
        }
    }

    private static void Changed(StringBuilder output, OverlayStore store, ILowerTree lower, in OverlayItem item, string path)
    {
        if (!item.Stat.IsFile || !lower.TryGet(item.Path, out LowerEntry entry) || !entry.CanCopyUp)
        {
            output.Append(CultureInfo.InvariantCulture, $"Covers what the dataset has: {path}\n");
            return;
        }

        ReadOnlyMemory<byte> before = lower.Read(item.Path);
        byte[]? after = Read(store, item.Path);
        if (after is not null && before.Length <= LargestFile && TryText(before.Span, out string old) && TryText(after, out string young))
        {
            UnifiedDiff.Write(output, $"dataset/{path}", $"overlay/{path}", old, young);
        }
        else
        {
            output.Append(CultureInfo.InvariantCulture, $"Differs, and is no text or too large to show: {path}\n");
        }
    }

    /// <summary>Null when it is too large, or cannot be read.</summary>
    private static byte[]? Read(OverlayStore store, string path)
    {
        const int ReadOnly = 0; // O_RDONLY
        if (store.OpenFile(path, ReadOnly, out OverlayFile? file) != 0)
        {
            return null;
        }

        using (file)
        {
            if (file!.GetStat(out OverlayStat stat) != 0 || stat.Size > LargestFile)
            {
                return null;
            }

            byte[] content = new byte[stat.Size];
            return file.Read(0, content, out int count) == 0 ? content[..count] : null;
        }
    }

    /// <summary>Characters that steer a terminal are no text.</summary>
    private static bool TryText(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        foreach (byte b in bytes)
        {
            if (b is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r') or 0x7F)
            {
                return false;
            }
        }

        try
        {
            text = s_strict.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static string Printable(string path) => string.Concat(path.Select(c => char.IsControl(c) ? '?' : c));
}
