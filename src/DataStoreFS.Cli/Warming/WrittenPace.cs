using DataStoreFS.Caching.Disk;

namespace DataStoreFS.Cli.Warming;

/// <summary>
/// Keeps a reader of a mount from running ahead of the mount's disk cache, which drops what it cannot write in time. Used by one thread at a time.
/// </summary>
/// <param name="ask">What the disk cache says of itself now.</param>
/// <param name="pause">Between questions.</param>
internal sealed class WrittenPace(Func<CancellationToken, Task<DiskTierStatistics>> ask, Func<CancellationToken, Task> pause)
{
    /// <summary>Waits while more than <paramref name="most"/> blocks wait to be written.</summary>
    /// <returns>What the disk cache said last.</returns>
    public async Task<DiskTierStatistics> WaitAsync(long most, CancellationToken cancellationToken)
    {
        while (true)
        {
            DiskTierStatistics now = await ask(cancellationToken).ConfigureAwait(false);
            if (now.Waiting <= most)
            {
                return now;
            }

            await pause(cancellationToken).ConfigureAwait(false);
        }
    }
}
