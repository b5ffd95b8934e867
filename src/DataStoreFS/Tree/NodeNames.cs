using System.Buffers.Text;

namespace DataStoreFS.Tree;

/// <summary>The spelling of names. A number has exactly one: decimal digits, no sign, no padding, so that one node has one name.</summary>
public static class NodeNames
{
    /// <summary>Room that any name of a volume's tree fits into.</summary>
    public const int MaximumLength = 32;

    public static ReadOnlySpan<byte> ExportXml => "export.xml"u8;
    public static ReadOnlySpan<byte> Container => "export.n5"u8;
    public static ReadOnlySpan<byte> Attributes => "attributes.json"u8;
    public static ReadOnlySpan<byte> SetupPrefix => "setup"u8;
    public static ReadOnlySpan<byte> TimepointPrefix => "timepoint"u8;
    public static ReadOnlySpan<byte> LevelPrefix => "s"u8;

    public static bool TryParseNumber(ReadOnlySpan<byte> name, out int number)
    {
        number = 0;
        if (name.Length is 0 or > 10 || (name[0] == '0' && name.Length > 1))
        {
            return false;
        }

        long value = 0;
        foreach (byte digit in name)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        number = (int)Math.Min(value, int.MaxValue);
        return value <= int.MaxValue;
    }

    public static bool TryParseNumber(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix, out int number)
    {
        number = 0;
        return name.StartsWith(prefix) && TryParseNumber(name[prefix.Length..], out number);
    }

    /// <returns>The length of the name.</returns>
    public static int Write(Span<byte> to, ReadOnlySpan<byte> prefix, int number)
    {
        prefix.CopyTo(to);
        Utf8Formatter.TryFormat(number, to[prefix.Length..], out int digits);
        return prefix.Length + digits;
    }
}
