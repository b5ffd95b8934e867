using System.Globalization;
using DataStoreFS.N5;

namespace DataStoreFS.Server.SpimData;

/// <summary>Doubles of the XML, in and out.</summary>
internal static class SpimNumber
{
    public static string Join(IEnumerable<double> values) => string.Join(' ', values.Select(JavaNumber.Format));

    /// <exception cref="FormatException">No number, or one that has no spelling in XML or JSON.</exception>
    public static double Parse(string text)
    {
        double value = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value) ? value : throw new FormatException($"{text} is no finite number");
    }

    public static double[] ParseAffine(string text) => [.. text.Split(' ').Select(Parse)];
}
