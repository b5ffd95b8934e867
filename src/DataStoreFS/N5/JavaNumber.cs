using System.Globalization;

namespace DataStoreFS.N5;

/// <summary>
/// Doubles spelled as Java spells them (<c>1.0</c>, <c>0.406</c>, <c>1.0E-4</c>), since the files beside ours were written by Java.
/// </summary>
public static class JavaNumber
{
    // Double.toString uses a plain decimal between these and an exponent elsewhere.
    private const double SmallestPlain = 1e-3;
    private const double LargestPlain = 1e7;

    /// <param name="value">Finite: JSON and BigDataViewer's XML have no spelling for the others.</param>
    public static string Format(double value)
    {
        double size = Math.Abs(value);
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        if (value == 0 || (size >= SmallestPlain && size < LargestPlain))
        {
            return shortest.Contains('.', StringComparison.Ordinal) ? shortest : shortest + ".0";
        }

        int split = shortest.IndexOf('E', StringComparison.Ordinal);
        (string digits, int exponent) = split < 0
            ? (shortest, 0)
            : (shortest[..split], int.Parse(shortest.AsSpan(split + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        return Scientific(digits, exponent);
    }

    private static string Scientific(string digits, int exponent)
    {
        string sign = digits.StartsWith('-') ? "-" : "";
        digits = digits.TrimStart('-');
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        int whole = point < 0 ? digits.Length : point;
        string all = digits.Replace(".", "", StringComparison.Ordinal);
        int leading = all.Length - all.TrimStart('0').Length;
        string significant = all[leading..].TrimEnd('0');
        string rest = significant.Length > 1 ? significant[1..] : "0";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{significant[0]}.{rest}E{exponent + whole - 1 - leading}");
    }
}
