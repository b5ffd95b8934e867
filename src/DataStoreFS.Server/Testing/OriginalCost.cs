using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Testing;

/// <summary>
/// Makes block requests as slow as the original's, for benchmarks of clients. Measured of it on two cores: about 10 ms of a core per request (the
/// whole XML is parsed, the N5 container opened) and 2 ms per lz4 block; every file is opened under a lock that a second opener in the process polls
/// every 100 ms, so that requests for the same attributes or the same block collide (64, 72, 54, 52 requests/s with 1, 2, 4, 8 clients on one block,
/// yet 740 blocks/s with 8 different blocks a request over 8 connections). The cores are a semaphore and the work is waiting, so that imitating costs
/// the measured machine nothing.
/// </summary>
/// <remarks>Contract: thread-safe. Locks and cores are held only while a delay runs, so none outlives its request.</remarks>
[SuppressMessage(
    "Reliability",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "A SemaphoreSlim whose wait handle is not used holds nothing.")]
internal sealed class OriginalCost
{
    private static readonly TimeSpan s_request = TimeSpan.FromMilliseconds(9);
    private static readonly TimeSpan s_attributes = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_block = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim _cores = new(2);
    private readonly ConcurrentDictionary<(string Uuid, BlockAddress Block), bool> _locked = new();

    /// <summary>Passes when the original would have read these blocks.</summary>
    public async Task PayAsync(string uuid, IReadOnlyList<BlockAddress> blocks, CancellationToken cancellationToken)
    {
        await WorkAsync(s_request, cancellationToken).ConfigureAwait(false);

        // The attributes of a view: one file for all blocks that share it, written here as a position that no block has.
        foreach (BlockAddress view in blocks.Select(b => b with { X = -1, Y = -1, Z = -1 }).Distinct())
        {
            await HoldAsync((uuid, view), s_attributes, cancellationToken).ConfigureAwait(false);
        }

        foreach (BlockAddress block in blocks)
        {
            await HoldAsync((uuid, block), s_block, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task HoldAsync((string Uuid, BlockAddress Block) file, TimeSpan time, CancellationToken cancellationToken)
    {
        while (!_locked.TryAdd(file, true))
        {
            await Task.Delay(s_poll, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await WorkAsync(time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _locked.TryRemove(file, out _);
        }
    }

    private async Task WorkAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await _cores.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Delay(time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _cores.Release();
        }
    }
}
