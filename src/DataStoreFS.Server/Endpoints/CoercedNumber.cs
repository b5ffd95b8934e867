using System.Globalization;
using System.Text.Json;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// Numbers as the original's JSON mapper takes them (Jackson with its defaults: ACCEPT_FLOAT_AS_INT, ALLOW_COERCION_OF_SCALARS): a fraction is cut
/// off, and a number may be text.
/// </summary>
internal static class CoercedNumber
{
    /// <exception cref="FormatException">It is no number of this size.</exception>
    /// <exception cref="InvalidOperationException">It is neither number nor text.</exception>
    public static int Int32(JsonElement value) => Int64(value) is >= int.MinValue and <= int.MaxValue and long whole
        ? (int)whole
        : throw new FormatException($"{value} is out of range of int");

    /// <inheritdoc cref="Int32"/>
    public static long Int64(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return long.Parse(value.GetString()!, NumberStyles.Integer, CultureInfo.InvariantCulture);
        }

        return value.TryGetInt64(out long whole) ? whole
            : value.GetDouble() is >= long.MinValue and < long.MaxValue and double fraction ? (long)fraction
            : throw new FormatException($"{value} is out of range of long");
    }

    /// <inheritdoc cref="Int32"/>
    public static double Double(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? double.Parse(value.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture)
        : value.GetDouble();
}
