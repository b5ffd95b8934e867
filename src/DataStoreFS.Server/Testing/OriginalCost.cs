using System.Diagnostics;
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
/// Contract: thread-safe. A timer is up to two milliseconds late: what a request does next is scheduled from when its work was done, not from when
/// the timer said so, and locks are held in the same time. Counted from the timers, a core needed 22 ms for a request of one block and 88 for one of
/// 16, instead of 12 and 42.
/// </remarks>
internal sealed class OriginalCost
{
    private const int Cores = 2;

    private static readonly TimeSpan s_request = TimeSpan.FromMilliseconds(9);
    private static readonly TimeSpan s_attributes = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_block = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly ImitatedMachine _machine = new(Cores);

    private TimeSpan Now => Stopwatch.GetElapsedTime(_began);

    /// <summary>Passes when the original would have read these blocks.</summary>
    public async Task PayAsync(string uuid, IReadOnlyList<BlockAddress> blocks, CancellationToken cancellationToken)
    {
        TimeSpan done = _machine.Work(Now, s_request);
        await UntilAsync(done, cancellationToken).ConfigureAwait(false);

        // The attributes of a view: one file for all blocks that share it, written here as a position that no block has.
        foreach (BlockAddress view in blocks.Select(b => b with { X = -1, Y = -1, Z = -1 }).Distinct())
        {
            done = await OpenAsync((uuid, view), done, s_attributes, cancellationToken).ConfigureAwait(false);
        }

        foreach (BlockAddress block in blocks)
        {
            done = await OpenAsync((uuid, block), done, s_block, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TimeSpan> OpenAsync(
        (string Uuid, BlockAddress Block) file, TimeSpan ready, TimeSpan work, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_machine.WorkOn(file, ready, work) is { } done)
            {
                await UntilAsync(done, cancellationToken).ConfigureAwait(false);
                return done;
            }

            ready += s_poll;
            await UntilAsync(ready, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UntilAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        while (time - Now is { } left && left > TimeSpan.Zero)
        {
            // Task.Delay counts whole milliseconds, rounded down: a fraction of one would not wait at all.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), cancellationToken).ConfigureAwait(false);
        }
    }
}
