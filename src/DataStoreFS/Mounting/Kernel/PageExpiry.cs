using DataStoreFS.Blocks;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Kernel;

/// <summary>Drops the kernel's pages of blocks that have become too old, so that the next read asks again; and everything on a refresh.</summary>
/// <remarks>Must be disposed before the mount's notifier.</remarks>
internal sealed class PageExpiry : IAsyncDisposable
{
    private static readonly TimeSpan s_longestPeriod = TimeSpan.FromSeconds(1);

    private readonly PageLedgers _ledgers;
    private readonly FuseNotifier _notifier;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    public PageExpiry(PageLedgers ledgers, FuseNotifier notifier, ILogger logger)
    {
        _ledgers = ledgers;
        _notifier = notifier;
        _logger = logger;
        TimeSpan life = ledgers.Shortest;
        TimeSpan period = life != MountSettings.Never && life / 16 < s_longestPeriod ? life / 16 : s_longestPeriod;
        _loop = RunAsync(period > TimeSpan.FromMilliseconds(1) ? period : TimeSpan.FromMilliseconds(1));
    }

    /// <summary>The store first, then the kernel: a read that comes in between must not bring old content back.</summary>
    public async Task RefreshAsync(IBlockStore blocks, CancellationToken cancellationToken)
    {
        blocks.Refresh();
        Drop(_ledgers.TakeAll());
        bool names = _notifier.IncrementEpoch();
        await _notifier.FlushAsync(cancellationToken).ConfigureAwait(false);
        _logger.LogInformation(
            "refreshed: fetched blocks are forgotten{Names}", names ? string.Empty : "; names of missing blocks expire by themselves");
    }

    /// <summary>The server has sent other content for this file than it had before. May be called from anywhere; only queues.</summary>
    public void Changed(ulong node)
    {
        if (_ledgers.Take(node))
        {
            _notifier.InvalidateInode(new NodeId(node));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(TimeSpan period)
    {
        using PeriodicTimer timer = new(period);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                Drop(_ledgers.TakeExpired(Environment.TickCount64));
            }
        }
        catch (OperationCanceledException)
        {
            _logger.LogTrace("page expiry ended");
        }
    }

    private void Drop(IEnumerable<ulong> nodes)
    {
        foreach (ulong node in nodes)
        {
            _notifier.InvalidateInode(new NodeId(node));
        }
    }
}
