using DataStoreFS.Model;

namespace DataStoreFS.Mounting.Kernel;

/// <summary>
/// How long the kernel may believe what. The rule behind it: an answer is given for ever unless a time of its own limits it, and what changes
/// all the same (an own write, a refresh, pages past the maximum age) is announced by invalidation. So a second read costs no message at all.
/// </summary>
internal sealed class KernelCachePolicy
{
    // A version that cannot change may still be written to by somebody who insists; kernels before 6.16 cannot drop all negative entries at once.
    private static readonly TimeSpan s_longestMissing = TimeSpan.FromMinutes(10);

    public KernelCachePolicy(MountSettings settings, VolumeInfo volume)
    {
        bool unchanging = !settings.ReadWrite && volume.IsUnchanging;
        MaxAge = unchanging ? MountSettings.Never : settings.MaxAge;
        TimeSpan missing = unchanging ? s_longestMissing : Shorter(settings.MissingAge, MaxAge);
        MissingFor = Shorter(missing, s_longestMissing);
        PresentFor = MaxAge == MountSettings.Never ? TimeSpan.MaxValue : MaxAge;
        ChecksAtOpen = MaxAge == TimeSpan.Zero;

        // Of a whole server's volumes, one that never changes must not settle for all that opening is never asked.
        Stateless = !settings.IsWritable && (settings.Source.Uuid is null ? settings.MaxAge != TimeSpan.Zero : !ChecksAtOpen);
        StatelessDirectories = Stateless && settings.Source.Uuid is not null && settings.MissingOrDefault == MissingBlocks.Zeros;
    }

    /// <summary><see cref="MountSettings.Never"/> when fetched blocks stay good.</summary>
    public TimeSpan MaxAge { get; }

    /// <summary>Names that the tree's arithmetic settles, and their attributes.</summary>
    public static TimeSpan Fixed => TimeSpan.MaxValue;

    /// <summary>That a block does not exist, in a tree that tells.</summary>
    public TimeSpan MissingFor { get; }

    /// <summary>That a block exists, in a tree that tells.</summary>
    public TimeSpan PresentFor { get; }

    /// <summary>Every open asks the server (<c>--max-age 0</c>): OPEN must come, and hands out what it fetched.</summary>
    public bool ChecksAtOpen { get; }

    /// <summary>No OPEN, FLUSH and RELEASE at all. Never on a mount that can write: the kernel's decision holds for the connection.</summary>
    public bool Stateless { get; }

    /// <summary>The same for directories: only where no listing can ever change.</summary>
    public bool StatelessDirectories { get; }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a == MountSettings.Never ? b : b == MountSettings.Never ? a : a < b ? a : b;
}
