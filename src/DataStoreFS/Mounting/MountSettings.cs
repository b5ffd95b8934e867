using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.Prefetch;
using DataStoreFS.Remote;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Mounting;

/// <summary>Everything a mount is told. Immutable; <see cref="Validate"/> says what cannot be before anything is opened.</summary>
public sealed record MountSettings
{
    /// <summary>For a duration: never.</summary>
    public static readonly TimeSpan Never = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>The dataset, or a whole server.</summary>
    public required SourceAddress Source { get; init; }

    /// <summary>An existing, empty directory, or <c>/dev/fd/N</c> for a FUSE descriptor that somebody else has mounted already.</summary>
    public required string MountPoint { get; init; }

    /// <summary>Null: <see cref="MissingBlocks.Zeros"/> for a read-only mount, <see cref="MissingBlocks.Absent"/> for a writable one.</summary>
    public MissingBlocks? Missing { get; init; }

    /// <summary>
    /// How long fetched data of a version that can still change is good. Zero asks the server at every open, <see cref="Never"/> asks once.
    /// A numbered version that is not the newest is taken as unchanging whatever this says.
    /// </summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long "this block does not exist" is believed, at most <see cref="MaxAge"/>. Short: pipelines poll for blocks that others write.
    /// </summary>
    public TimeSpan MissingAge { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Budget of the memory tier in bytes.</summary>
    public long CacheBytes { get; init; } = DefaultCacheBytes();

    /// <summary>A node-local folder that keeps blocks beyond memory and restarts, shared with other mounts; null: none.</summary>
    public DiskTierOptions? DiskCache { get; init; }

    /// <summary>Blocks fetched ahead of programs: <c>off</c>, <c>auto</c>, or at most so many.</summary>
    public string Prefetch { get; init; } = "auto";

    /// <summary>How long one block is asked for, retries included, before the program that waits gets EIO.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long unmounting waits for the server to take what is written; then it stays in the journal for the next mount.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Lets other users in. Needs root, or <c>user_allow_other</c> in /etc/fuse.conf.</summary>
    public bool AllowOther { get; init; }

    /// <summary>Blocks that programs write go to the server, everything else they write to the overlay.</summary>
    public bool ReadWrite { get; init; }

    /// <summary>
    /// Shows a local folder on top of the tree, which takes what programs put beside the blocks: on a read-only dataset it lets viewers save their
    /// settings. Always on with <see cref="ReadWrite"/>, and when <see cref="OverlayFolder"/> is named.
    /// </summary>
    public bool Overlay { get; init; }

    /// <summary>Null: one per dataset under the user's state folder.</summary>
    public string? OverlayFolder { get; init; }

    /// <summary>When close() of a written block returns.</summary>
    public WriteBackMode WriteBack { get; init; }

    /// <summary>Null: one per dataset and version under the user's state folder.</summary>
    public string? JournalFolder { get; init; }

    /// <summary>Bytes of journal on disk; full is ENOSPC for the program that writes.</summary>
    public long JournalBytes { get; init; } = 1L << 30;

    /// <summary>A file whose first line is the bearer token for <see cref="Source"/>'s host; null: none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The token itself, where it is not in a file; <see cref="TokenFile"/> wins.</summary>
    public AccessToken? Token { get; init; }

    /// <summary>Where to write one line per kernel request and reply; null: nowhere.</summary>
    public string? TraceFuseFile { get; init; }

    /// <summary>The kernel's read-ahead window. Null: 1 MiB where setting it is permitted (root); 0: leave it alone.</summary>
    public int? ReadAheadKiB { get; init; }

    /// <summary>Owner that every node shows; null: the mounting user.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group that every node shows; null: the mounting user's.</summary>
    public uint? Gid { get; init; }

    /// <summary>Permission bits taken away from every node's mode.</summary>
    public int Umask { get; init; }

    /// <summary>First column of the mount table; null: the source's address.</summary>
    public string? FsName { get; init; }

    /// <summary>Folder of the control sockets; null: <c>$XDG_RUNTIME_DIR</c>, /run/datastorefs (root) or /tmp/datastorefs-UID.</summary>
    public string? RuntimeFolder { get; init; }

    /// <summary>Something in the tree can be written: there is an overlay, and the kernel must send OPEN.</summary>
    internal bool IsWritable => ReadWrite || Overlay || OverlayFolder is not null;

    /// <summary>For a whole server: a file of datasets to list, one a line. The protocol has no list; others appear when they are named.</summary>
    public string? DatasetsFile { get; init; }

    internal MissingBlocks MissingOrDefault => Missing ?? (ReadWrite ? MissingBlocks.Absent : MissingBlocks.Zeros);

    /// <exception cref="DataStoreException">Usage: the first setting that cannot be, in one line.</exception>
    public void Validate()
    {
        Require(MountPoint.Length > 0, "the mount point is empty");
        Require(MaxAge == Never || MaxAge >= TimeSpan.Zero, "--max-age is negative");
        Require(MissingAge == Never || MissingAge >= TimeSpan.Zero, "the age of missing blocks is negative");
        Require(CacheBytes >= 1 << 20, "--cache-size is below 1 MiB");
        Require(DiskCache is null || DiskCache.Size >= 16 << 20, "--disk-cache is below 16 MiB");
        _ = PrefetchSettings.Parse(Prefetch, CacheBytes);
        Require(
            RequestTimeout > TimeSpan.Zero && RequestTimeout <= RemoteOptions.LongestTimeout,
            "--timeout must be more than zero and at most a day (1d): programs would wait for a server that is gone");
        Require(ReadAheadKiB is null or (>= 0 and <= 1 << 20), "--read-ahead must lie between 0 and 1048576 KiB");
        Require(Source.Uuid is not null || !IsWritable, "a whole server can only be read; name a dataset to write to, or to put an overlay on");
        Require(Source.Uuid is null || DatasetsFile is null, "a list of datasets belongs to the mount of a whole server");
        Require(JournalBytes >= 16 << 20, "--journal-size is below 16 MiB");
        Require(Umask is >= 0 and <= 0x1FF, "--umask must lie between 000 and 777");
    }

    /// <summary>1 GiB, or a quarter of the memory this process may use (a container's limit counts), whichever is less.</summary>
    public static long DefaultCacheBytes() => Math.Min(1L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, message);
        }
    }
}
