using Microsoft.Win32.SafeHandles;

namespace LinuxFuse;

/// <summary>A mounted file system. Disposing unmounts it and waits until the file system has seen its last request.</summary>
public sealed class FuseMount : IAsyncDisposable
{
    private FuseMount()
    {
    }

    /// <summary>Completes when the mount is gone, whoever removed it, and all handlers are done. Faulted if the connection broke.</summary>
    public Task Completion { get; } = Task.CompletedTask;

    public FuseNotifier Notifier { get; } = new();

    /// <summary>What was agreed with the kernel.</summary>
    public FuseKernel Kernel { get; } = new(7, 0, 0, 0, 0, 0, 0, 0);

    public FuseStatistics Statistics { get; } = new();

    /// <summary>Where; null for an attached descriptor.</summary>
    public string? MountPoint { get; }

    /// <summary>Mounts and completes when the kernel and the file system agree (INIT is done).</summary>
    /// <param name="mountPoint">An existing directory, or <c>/dev/fd/N</c> for a descriptor of /dev/fuse that is mounted already.</param>
    /// <param name="fileSystem">Serves this mount only.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt and unmounts.</param>
    /// <exception cref="FuseException">The reason in one line.</exception>
    public static Task<FuseMount> MountAsync(
        string mountPoint, FuseFileSystem fileSystem, FuseOptions? options = null, CancellationToken cancellationToken = default)
    {
        _ = (mountPoint, fileSystem, options, cancellationToken);
        throw new FuseException("not yet");
    }

    /// <summary>Serves a mounted /dev/fuse descriptor whose INIT is to come: from a privileged parent, or a test's SOCK_SEQPACKET pair. Takes the handle.</summary>
    /// <exception cref="FuseException">The reason in one line.</exception>
    public static Task<FuseMount> AttachAsync(
        SafeFileHandle device, FuseFileSystem fileSystem, FuseOptions? options = null, CancellationToken cancellationToken = default)
    {
        _ = (device, fileSystem, options, cancellationToken);
        throw new FuseException("not yet");
    }

    /// <summary>True if <paramref name="path"/> is a mount whose daemon died ("Transport endpoint is not connected").</summary>
    public static bool IsStale(string path) => path is null;

    /// <summary>Unmounts any FUSE mount, also a stale one.</summary>
    /// <exception cref="FuseException">With EBUSY while files are open, unless <paramref name="lazy"/>; with EINVAL if nothing is mounted there.</exception>
    public static Task UnmountAsync(string path, bool lazy = false, CancellationToken cancellationToken = default)
    {
        _ = (path, lazy, cancellationToken);
        throw new FuseException("not yet");
    }

    /// <summary>Unmounts and, unless <paramref name="lazy"/>, waits for <see cref="Completion"/>. Lazily, the name goes now and the rest when the last file is closed.</summary>
    /// <exception cref="FuseException">With EBUSY while files are open, unless <paramref name="lazy"/>.</exception>
    public Task UnmountAsync(bool lazy = false, CancellationToken cancellationToken = default) =>
        UnmountAsync(MountPoint ?? throw new FuseException("an attached descriptor has no mount point", Errno.EINVAL), lazy, cancellationToken);

    /// <summary>Makes a file of another file system usable for passthrough. The descriptor may be closed afterwards.</summary>
    /// <exception cref="FuseException">Not agreed on, not permitted, or not a file that the kernel takes.</exception>
    public BackingFile OpenBacking(SafeFileHandle file)
    {
        _ = (file, Completion);
        throw new FuseException("not yet");
    }

    public ValueTask DisposeAsync() => default;

    internal void CloseBacking(int id) => _ = (id, Completion);
}
