using LinuxFuse.Mounting;
using LinuxFuse.Session;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse;

/// <summary>A mounted file system. Disposing unmounts it and waits until the file system has seen its last request.</summary>
public sealed class FuseMount : IAsyncDisposable
{
    private readonly FuseSession _session;
    private readonly SessionLifetime _lifetime;
    private readonly FuseOptions _options;

    private readonly Lazy<Task> _ending;

    /// <summary>MAJOR:MINOR, to tell this mount from another one at its place.</summary>
    private readonly string? _device;

    private FuseMount(string? mountPoint, SafeFileHandle device, FuseFileSystem fileSystem, FuseOptions options)
    {
        _options = options;
        MountPoint = mountPoint;
        _device = mountPoint is null ? null : MountTable.At(mountPoint)?.Device;
        _session = new FuseSession(this, device, fileSystem, options);
        _lifetime = new SessionLifetime(_session, fileSystem, options);
        _ending = new Lazy<Task>(EndAsync);
        Notifier = new FuseNotifier(_session.Notifications, () => _session.Kernel);
    }

    /// <summary>
    /// Completes when the mount is gone, whoever removed it, and all handlers are done. Faulted with a <see cref="FuseException"/> if the
    /// connection was aborted or broke.
    /// </summary>
    public Task Completion => _lifetime.Completion;

    public FuseNotifier Notifier { get; }

    /// <summary>What was agreed with the kernel.</summary>
    public FuseKernel Kernel => _session.Kernel;

    public FuseStatistics Statistics => _session.Statistics;

    /// <summary>Where, absolute and without symbolic links; null for an attached descriptor.</summary>
    public string? MountPoint { get; }

    internal FuseSession Session => _session;

    /// <summary>Mounts and completes when the kernel and the file system agree (INIT is done).</summary>
    /// <param name="mountPoint">An existing directory, or <c>/dev/fd/N</c> for a descriptor of /dev/fuse that is mounted already.</param>
    /// <param name="fileSystem">Serves this mount only.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt and unmounts.</param>
    /// <exception cref="FuseException">The reason in one line.</exception>
    /// <exception cref="ArgumentException">The options are not possible.</exception>
    public static async Task<FuseMount> MountAsync(
        string mountPoint, FuseFileSystem fileSystem, FuseOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mountPoint);
        ArgumentNullException.ThrowIfNull(fileSystem);
        options ??= new FuseOptions();
        InitNegotiation.CheckOptions(options);
        if (Mounter.TryTakeDescriptor(mountPoint) is { } passed)
            return await AttachAsync(passed, fileSystem, options, cancellationToken).ConfigureAwait(false);

        // Another thread: a mount that hangs there already must not keep the caller from giving up.
        string target = await Task.Run(() => LinuxFuse.Mounting.MountPoint.Check(mountPoint), cancellationToken)
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        CheckTraceFile(target, options);
        SafeFileHandle device = await Mounter.MountAsync(target, options).ConfigureAwait(false);
        FuseMount mount = await StartAsync(target, device, fileSystem, options, cancellationToken).ConfigureAwait(false);
        if (options.ReadaheadKilobytes is { } kilobytes)
            Readahead.Apply(target, kilobytes, mount._session.Logger);
        return mount;
    }

    /// <summary>
    /// Serves a mounted /dev/fuse descriptor whose INIT is to come: from a privileged parent, or a test's SOCK_SEQPACKET pair. Takes the handle.
    /// </summary>
    /// <exception cref="FuseException">The reason in one line.</exception>
    /// <exception cref="ArgumentException">The options are not possible.</exception>
    public static Task<FuseMount> AttachAsync(
        SafeFileHandle device, FuseFileSystem fileSystem, FuseOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(fileSystem);
        options ??= new FuseOptions();
        InitNegotiation.CheckOptions(options);
        DeviceNode.Prepare(device);
        return StartAsync(null, device, fileSystem, options, cancellationToken);
    }

    /// <summary>True if <paramref name="path"/> is a FUSE mount whose daemon died ("Transport endpoint is not connected").</summary>
    public static bool IsStale(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return LinuxFuse.Mounting.MountPoint.IsStale(path);
    }

    /// <summary>Unmounts any FUSE mount, also a stale one.</summary>
    /// <exception cref="FuseException">With EBUSY while files are open, unless <paramref name="lazy"/>; with EINVAL if no FUSE file system is mounted
    /// there.</exception>
    public static Task UnmountAsync(string path, bool lazy = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return MountTable.Find(path) is { IsFuse: true } mount
            ? Mounter.UnmountAsync(mount.Path, lazy, cancellationToken)
            : Task.FromException(new FuseException($"no FUSE file system is mounted on {path}", Errno.EINVAL));
    }

    /// <summary>
    /// Unmounts and, unless <paramref name="lazy"/>, waits for <see cref="Completion"/>. Lazily, the name goes now and the rest when the last file is
    /// closed.
    /// </summary>
    /// <exception cref="FuseException">With EBUSY while files are open, unless <paramref name="lazy"/>.</exception>
    public async Task UnmountAsync(bool lazy = false, CancellationToken cancellationToken = default)
    {
        if (MountPoint is null)
            throw new FuseException("an attached descriptor is unmounted by whoever mounted it", Errno.EINVAL);
        await Mounter.UnmountAsync(MountPoint, lazy, cancellationToken).ConfigureAwait(false);
        if (!lazy)
            await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a file of another file system usable for passthrough. The descriptor may be closed afterwards.</summary>
    /// <exception cref="FuseException">Not agreed on, not permitted, or not a file that the kernel takes.</exception>
    public BackingFile OpenBacking(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!Kernel.Has(FuseCapabilities.Passthrough))
            throw new FuseException("passthrough was not agreed on with the kernel: request it, with Linux 6.9 or newer", Errno.EOPNOTSUPP);
        return new BackingFile(this, DeviceNode.OpenBacking(_session.Channel.Handle, file));
    }

    /// <summary>
    /// Unmounts. If files are open, takes the mount out of the tree (if nobody has yet), gives their users <see cref="FuseOptions.DrainTimeout"/> to
    /// finish, and then ends the connection, whatever still waits for it. An attached descriptor, which is unmounted by whoever mounted it, is ended
    /// at once. Handlers that are under way are given as much time again. Does not throw and does not hang.
    /// </summary>
    public ValueTask DisposeAsync() => new(_ending.Value);

    internal void CloseBacking(int id)
    {
        if (!_session.Channel.Handle.IsClosed)
            DeviceNode.CloseBacking(_session.Channel.Handle, id);
    }

    private async Task EndAsync()
    {
        if (MountPoint is { } target)
        {
            bool isUnmounted = await IsInTreeAsync(target).ConfigureAwait(false) && await TryUnmountAsync(target).ConfigureAwait(false);
            if (!isUnmounted && !Completion.IsCompleted)
            {
                _session.Logger.LogWarning(
                    "what is open in {MountPoint} is answered for {Seconds} s, then its users get errors",
                    target, _options.DrainTimeout.TotalSeconds);
            }

            // Over as soon as the last file is closed: the kernel ends the connection then.
            await Completion.WaitAsync(_options.DrainTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!Completion.IsCompleted)
            await _lifetime.StopAsync().ConfigureAwait(false);
    }

    private static async Task<FuseMount> StartAsync(
        string? target, SafeFileHandle device, FuseFileSystem fileSystem, FuseOptions options, CancellationToken cancellationToken)
    {
        FuseMount mount;
        try
        {
            mount = new FuseMount(target, device, fileSystem, options);
        }
        catch
        {
            device.Dispose();
            if (target is not null)
                await Mounter.UnmountAsync(target, lazy: true, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        try
        {
            mount._lifetime.Start();
            await mount._session.Handshake.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
            return mount;
        }
        catch
        {
            await mount.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void CheckTraceFile(string target, FuseOptions options)
    {
        if (options.TraceFile is { } path && Path.GetFullPath(path).StartsWith(target + "/", StringComparison.Ordinal))
            throw new FuseException($"trace file {path} lies inside of the mount {target}, which would then wait for itself", Errno.EDEADLK);
    }

    /// <summary>
    /// An aborted connection is over, but its mount is still in the tree, dead, for everybody to stumble over. After the end of ours a mount
    /// at the same place may also be a successor's, even with the same device number; but that one is alive.
    /// </summary>
    private async Task<bool> IsInTreeAsync(string target)
    {
        if (MountTable.At(target)?.Device != _device)
            return false;
        if (!Completion.IsCompleted)
            return true;
        Task<bool> asking = Task.Run(() => IsStale(target));
        await ((Task)asking).WaitAsync(_options.DrainTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return asking.IsCompletedSuccessfully && await asking.ConfigureAwait(false);
    }

    /// <summary>False if files are open: then the name is gone, and the rest goes with the last file.</summary>
    private async Task<bool> TryUnmountAsync(string target)
    {
        try
        {
            await Mounter.UnmountAsync(target, lazy: false, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (FuseException exception) when (exception.Errno == Errno.EBUSY)
        {
            _session.Logger.LogDebug("{MountPoint} is in use: it is detached", target);
        }
        catch (FuseException exception)
        {
            // Somebody else may have unmounted it just now; the end of the session settles the rest.
            _session.Logger.LogDebug(exception, "unmounting {MountPoint} failed", target);
            return false;
        }

        try
        {
            await Mounter.UnmountAsync(target, lazy: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (FuseException exception)
        {
            _session.Logger.LogWarning(exception, "detaching {MountPoint} failed", target);
        }

        return false;
    }
}
