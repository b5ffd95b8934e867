using System.Globalization;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Options;

/// <summary>Sizes and durations as people write them.</summary>
internal static class Quantities
{
    private static readonly (string Suffix, decimal Factor)[] s_sizes =
    [
        ("kib", 1L << 10), ("mib", 1L << 20), ("gib", 1L << 30), ("tib", 1L << 40),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("k", 1L << 10), ("m", 1L << 20), ("g", 1L << 30), ("t", 1L << 40),
        ("b", 1),
    ];

    // Longest suffix first: "ms" and "min" end like "s" and begin like "m".
    private static readonly (string Suffix, decimal Ticks)[] s_durations =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("min", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    /// <summary><c>512M</c>, <c>1GiB</c> (powers of 1024), <c>500MB</c> (powers of 1000), <c>65536</c> (bytes).</summary>
    /// <exception cref="DataStoreException">Usage.</exception>
    public static long ParseSize(string text) =>
        TryScale(text, s_sizes, 1, out decimal bytes) && bytes <= long.MaxValue
            ? (long)bytes
            : throw new DataStoreException(DataStoreErrorKind.Usage, $"'{text}' is not a size: write for example 512MiB, 1GiB or 200MB");

    /// <summary>
    /// <c>500ms</c>, <c>30s</c>, <c>10min</c>, <c>2h</c>, <c>1d</c>, <c>0</c>; a bare number is seconds; <c>inf</c> is
    /// <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    /// <exception cref="DataStoreException">Usage.</exception>
    public static TimeSpan ParseDuration(string text)
    {
        if (text.Equals("inf", StringComparison.OrdinalIgnoreCase))
        {
            return Timeout.InfiniteTimeSpan;
        }

        return TryScale(text, s_durations, TimeSpan.TicksPerSecond, out decimal ticks) && ticks <= long.MaxValue
            ? new TimeSpan((long)ticks)
            : throw new DataStoreException(DataStoreErrorKind.Usage, $"'{text}' is not a duration: write for example 30s, 10min, 2h, 0 or inf");
    }

    /// <summary><c>1.5 GiB</c>, <c>800 MiB</c>, <c>12 bytes</c>.</summary>
    public static string FormatSize(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit > 0 && value < 100 ? "0.#" : "0";
        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(format, CultureInfo.InvariantCulture)} {units[unit]}");
    }

    private static bool TryScale(string text, (string Suffix, decimal Factor)[] units, decimal bare, out decimal value)
    {
        string number = text.Trim();
        decimal factor = bare;
        foreach ((string suffix, decimal unit) in units)
        {
            if (number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                number = number[..^suffix.Length].TrimEnd();
                factor = unit;
                break;
            }
        }

        // At most 16 digits times at most 1.1 * 10^12 stays inside decimal's 7.9 * 10^28.
        value = 0;
        if (number.Length is 0 or > 16 || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal count))
        {
            return false;
        }

        value = count * factor;
        return true;
    }
}
