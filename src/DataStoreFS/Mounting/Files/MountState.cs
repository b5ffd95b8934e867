using DataStoreFS.Mounting.Kernel;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Files;

/// <summary>What all volumes of a mount share.</summary>
/// <param name="Pages">Which pages the kernel may hold.</param>
/// <param name="Faults">Hears of every read that failed.</param>
internal sealed record MountState(PageLedger Pages, FaultLog Faults)
{
    public ReadCounters Reads { get; } = new();

    /// <param name="maxAge">Of the kernel's pages. With zero OPEN drops them; the ledger then only serves refreshes.</param>
    /// <param name="logger">For faults.</param>
    public static MountState Create(TimeSpan maxAge, ILogger logger) => new(
        new PageLedger(maxAge > TimeSpan.Zero ? (long)maxAge.TotalMilliseconds : null), new FaultLog(logger, TimeProvider.System));
}
