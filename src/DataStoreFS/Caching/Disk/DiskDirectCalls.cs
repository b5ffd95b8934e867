using static DataStoreFS.Caching.Disk.DiskSyscalls;

namespace DataStoreFS.Caching.Disk;

/// <summary>What <see cref="DiskDirect"/> asks of the kernel. Derived from by tests, which play kernels and file systems that refuse.</summary>
internal unsafe class DiskDirectCalls
{
    /// <summary>Where a file's content is.</summary>
    public virtual Residency ResidencyOf(int fd, long bytes)
    {
        CachedPages pages;
        if (CacheStatus(fd, bytes, &pages))
        {
            long all = (bytes + Environment.SystemPageSize - 1) / Environment.SystemPageSize;
            return pages.Cached >= (ulong)all ? Residency.InMemory : Residency.OnDisk;
        }

        // EPERM is about this file: one of another user that must not be written. (Filters of system calls answer with ENOSYS or EPERM.)
        return LastError == NoSystemCall ? Residency.CannotTell : Residency.InMemory;
    }

    /// <summary>Sets or clears O_DIRECT. False, with an errno, where the file system has no such reads.</summary>
    public virtual bool SetDirect(int fd, bool direct) => DiskSyscalls.SetDirect(fd, direct);

    /// <summary>Reads from the begin of the file; -1 with an errno.</summary>
    public virtual nint Read(int fd, IoVector* vectors, int count) => ReadVector(fd, vectors, count, 0, 0);
}

internal enum Residency
{
    /// <summary>Not all of it is in the page cache.</summary>
    OnDisk,

    /// <summary>In the page cache, or nobody may know for this file.</summary>
    InMemory,

    /// <summary>This kernel never says.</summary>
    CannotTell,
}
