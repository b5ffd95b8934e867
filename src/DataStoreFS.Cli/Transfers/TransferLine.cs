using System.Globalization;
using DataStoreFS.Cli.Options;
using DataStoreFS.Transfer;

namespace DataStoreFS.Cli.Transfers;

/// <summary>How far a transfer is, as one line of text.</summary>
internal static class TransferLine
{
    /// <summary>Such as <c>1,200 of 5,000 blocks, 600 MiB, 38 MiB/s, 2 min left</c>.</summary>
    public static string Describe(TransferCounters counters, TransferRate rate)
    {
        string size = counters.Bytes > 0 ? $", {Quantities.FormatSize(counters.Bytes)}" : "";
        string speed = rate.BytesPerSecond >= 1 ? $", {Quantities.FormatSize((long)rate.BytesPerSecond)}/s" : "";
        string left = rate.Left is { } time && counters.Done < counters.Total ? $", {Duration(time)} left" : "";
        return $"{Count(counters.Done)} of {Count(counters.Total)} blocks{size}{speed}{left}";
    }

    public static string Percent(TransferCounters counters) =>
        string.Create(CultureInfo.InvariantCulture, $"{(counters.Total == 0 ? 0 : counters.Done * 100 / counters.Total)} %");

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>In the unit in which a person waits.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => Text(Math.Ceiling(time.TotalSeconds), "s"),
        { TotalHours: < 1 } => Text(Math.Ceiling(time.TotalMinutes), "min"),
        { TotalDays: < 2 } => Text(Math.Round(time.TotalHours, 1), "h"),
        _ => Text(Math.Round(time.TotalDays, 1), "days"),
    };

    private static string Text(double number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit}");
}
