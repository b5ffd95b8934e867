using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>
/// Reads past the page cache: the disk puts a block where it stays, with neither pages to fill nor a copy to make. That was half of what a read of
/// the disk cost. A block then is in the memory tier and in the page cache of the mount; a third copy, of the file of the tier, would serve
/// only mounts of other processes. So while another process has the folder, and for blocks that the page cache has all of, reads go through it.
/// </summary>
/// <remarks>
/// Never more than a faster way: whatever the kernel refuses is read as ever, and a file system without such reads is asked once.
/// </remarks>
internal sealed unsafe class DiskDirect(DiskAccounts accounts, DiskDirectCalls calls)
{
    // To ask for other processes is a system call under a lock of the index's inode; that one has come may be noticed late.
    private static readonly long s_recheckTicks = TimeSpan.TicksPerSecond;

    private long _checkedAt;
    private volatile bool _isAlone;
    private volatile bool _isRefused;
    private long _reads;

    /// <summary>Reads that went past the page cache, whole.</summary>
    public long Reads => Volatile.Read(ref _reads);

    /// <summary>Whether this file is to be read past the page cache.</summary>
    /// <param name="fd">The file.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="now">UTC ticks.</param>
    public bool Pays(int fd, long bytes, long now)
    {
        if (_isRefused || !IsAlone(now))
        {
            return false;
        }

        Residency residency = calls.ResidencyOf(fd, bytes);
        if (residency == Residency.CannotTell)
        {
            // Before Linux 6.5. Preferring the disk to memory without knowing would be the larger loss.
            _isRefused = true;
        }

        return residency == Residency.OnDisk;
    }

    /// <summary>
    /// Reads from the file's begin. What is missing afterwards has to be read through the page cache, which <paramref name="fd"/> uses again.
    /// </summary>
    /// <param name="fd">The file.</param>
    /// <param name="vectors">Memory for all of the file; addresses and lengths multiples of 4096.</param>
    /// <param name="count">Of <paramref name="vectors"/>.</param>
    /// <param name="bytes">The file's length.</param>
    /// <returns>Bytes read; 0 when it is refused or fails.</returns>
    public int Read(int fd, IoVector* vectors, int count, long bytes)
    {
        nint got = -1;
        bool isSet = calls.SetDirect(fd, true);
        if (isSet)
        {
            got = calls.Read(fd, vectors, count);
        }

        if (got < 0 && LastError is Invalid or NotSupported)
        {
            _isRefused = true;
        }

        if (got >= bytes)
        {
            Interlocked.Increment(ref _reads);
            return (int)bytes;
        }

        if (isSet)
        {
            _ = calls.SetDirect(fd, false);
        }

        return (int)Math.Max(got, 0);
    }

    private bool IsAlone(long now)
    {
        long seen = Volatile.Read(ref _checkedAt);
        if (Math.Abs(now - seen) >= s_recheckTicks && Interlocked.CompareExchange(ref _checkedAt, now, seen) == seen)
        {
            _isAlone = !accounts.IsShared;
        }

        return _isAlone;
    }
}
