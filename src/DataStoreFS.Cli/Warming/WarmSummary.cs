using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Transfers;
using DataStoreFS.Warming;

namespace DataStoreFS.Cli.Warming;

/// <summary>What a run came to, in one line.</summary>
internal static class WarmSummary
{
    /// <summary>
    /// Such as <c>3,000 blocks: 2,880 fetched (1.4 GiB, 120 MiB/s), 100 were there, 20 missing on the server, which is remembered; 12 s</c>.
    /// </summary>
    public static string Describe(WarmResult result, TimeSpan time)
    {
        long blocks = result.Fetched + result.Present + result.Missing + result.Failed;
        List<string> parts = [];
        if (result.Fetched > 0 || result.Present == 0)
        {
            string rate = result.Bytes > 0 && time > TimeSpan.Zero ? $", {Quantities.FormatSize((long)(result.Bytes / time.TotalSeconds))}/s" : "";
            parts.Add($"{TransferLine.Count(result.Fetched)} fetched ({Quantities.FormatSize(result.Bytes)}{rate})");
        }

        if (result.Present > 0)
        {
            parts.Add($"{TransferLine.Count(result.Present)} were there");
        }

        if (result.Missing > 0)
        {
            string memory = result.MissingKept switch
            {
                true => ", which is remembered",
                false => ", which is asked again since this version may change",
                null => "",
            };
            parts.Add($"{TransferLine.Count(result.Missing)} missing on the server{memory}");
        }

        if (result.Evicted > 0)
        {
            parts.Add($"{TransferLine.Count(result.Evicted)} older ones had to go for them");
        }

        return $"{TransferLine.Count(blocks)} blocks: {string.Join(", ", parts)}; {TransferLine.Duration(time)}";
    }

    /// <summary>What went wrong all the same, or null.</summary>
    public static string? Complaint(WarmResult result) =>
        result.FirstFault is { } fault ? $"{TransferLine.Count(result.Failed)} blocks could not be fetched; the first: {fault.Message}"
        : result.Lost > 0 ? $"the disk cache did not take {TransferLine.Count(result.Lost)} of the blocks, in time or at all; "
            + "run the same command again, and see that its disk is not full"
        : null;
}
