using DataStoreFS.Mounting.Kernel;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Files;

/// <summary>What all volumes of a mount share.</summary>
/// <param name="Pages">Which pages the kernel may hold.</param>
/// <param name="Faults">Hears of every read that failed.</param>
internal sealed record MountState(PageLedgers Pages, FaultLog Faults)
{
    public ReadCounters Reads { get; } = new();

    /// <param name="maxAge">Of the kernel's pages. With zero OPEN drops them; the ledgers then only serve refreshes.</param>
    /// <param name="missingAge">Of those of blocks that the server does not have.</param>
    /// <param name="logger">For faults.</param>
    public static MountState Create(TimeSpan maxAge, TimeSpan missingAge, ILogger logger) =>
        new(new PageLedgers(maxAge, missingAge), new FaultLog(logger, TimeProvider.System));
}
