using System.Diagnostics.CodeAnalysis;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Testing;

/// <summary>
/// Makes block requests as slow as the original's, for benchmarks of clients. Measured of it on two cores: about 10 ms of a core per request (the
/// whole XML is parsed, the N5 container opened) and 2 ms per lz4 block; every file is opened under a lock that a second opener in the process polls
/// every 100 ms, so that requests for the same attributes or the same block collide (64, 72, 54, 52 requests/s with 1, 2, 4, 8 clients on one block,
/// yet 740 blocks/s with 8 different blocks a request over 8 connections). The machine is a schedule and the work is waiting, so that imitating costs
/// the measured one nothing.
/// </summary>
/// <remarks>
/// Contract: thread-safe. How long the attributes are locked is a guess that makes about as many requests collide as did: at least a twentieth of
/// those for one block over 8 connections took 100 ms more (95th percentile 108 ms, median 8); here it is a twenty-fifth. What a request does next is
/// scheduled from when its work was done, not from when it woke up, and locks are held in the same time. With a timer of the runtime for each step,
/// as at first, a core needed 22 ms for a request of one block and 88 for one of 16 instead of 12 and 42.
/// </remarks>
internal sealed class OriginalCost
{
    private const int Cores = 2;

    // One connection that asked for one block at a time had to wait 4.1 ms in the median and 5.1 at the 95th percentile. Without it requests that
    // began together could go on meeting at each lock.
    private const double Spread = 0.2;

    private static readonly TimeSpan s_request = TimeSpan.FromMilliseconds(9.5);
    private static readonly TimeSpan s_attributes = TimeSpan.FromMilliseconds(0.5);
    private static readonly TimeSpan s_block = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);
    private readonly ImitatedMachine _machine = new(Cores);
    private readonly FineDelay _delay = new();

    /// <summary>Passes when the original would have read these blocks.</summary>
    public async Task PayAsync(string uuid, IReadOnlyList<BlockAddress> blocks, CancellationToken cancellationToken)
    {
        TimeSpan done = _delay.Now;
        TimeSpan before = s_request;

        // The attributes of a view: one file for all blocks that share it, written here as a position that no block has.
        foreach (BlockAddress view in blocks.Select(b => b with { X = -1, Y = -1, Z = -1 }).Distinct())
        {
            done = await WorkAsync(done, before, (uuid, view), s_attributes, cancellationToken).ConfigureAwait(false);
            before = TimeSpan.Zero;
        }

        foreach (BlockAddress block in blocks)
        {
            done = await WorkAsync(done, TimeSpan.Zero, (uuid, block), s_block, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TimeSpan> WorkAsync(
        TimeSpan ready, TimeSpan before, (string Uuid, BlockAddress Block) file, TimeSpan under, CancellationToken cancellationToken)
    {
        while (true)
        {
            (TimeSpan done, bool isLocked) = _machine.Work(ready, Vary(before), file, Vary(under));
            await _delay.UntilAsync(isLocked ? done + s_poll : done, cancellationToken).ConfigureAwait(false);
            if (!isLocked)
            {
                return done;
            }

            ready = done + s_poll;
            before = TimeSpan.Zero;
        }
    }

    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "Nothing is kept secret by it.")]
    private static TimeSpan Vary(TimeSpan work) => work * (1 - Spread + (2 * Spread * Random.Shared.NextDouble()));
}
