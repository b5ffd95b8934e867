using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Mounting.Files;
using DataStoreFS.Mounting.Kernel;
using DataStoreFS.Mounting.Writing;
using DataStoreFS.WriteBack;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>
/// A mounted dataset. Built by <see cref="StartAsync(MountSettings, ILoggerFactory, CancellationToken)"/>, which returns when the tree can be read.
/// </summary>
public sealed class DataStoreMount : IAsyncDisposable
{
    /// <summary>For whoever passed a mounted descriptor on: as long as files that are open are answered elsewhere.</summary>
    private static readonly TimeSpan s_unmountPatience = new FuseOptions().DrainTimeout;

    private readonly MountParts _parts;
    private readonly MountState _state;
    private readonly FuseMount _fuse;
    private readonly PageExpiry _expiry;
    private readonly OverlayUpkeep? _overlay;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly TaskCompletionSource<bool> _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControlSocket? _control;

    private DataStoreMount(MountSettings settings, string mountPoint, MountParts parts, MountedTree tree, FuseMount fuse, ILogger logger)
    {
        Settings = settings;
        MountPoint = mountPoint;
        _parts = parts;
        _state = tree.State;
        _fuse = fuse;
        _logger = logger;
        _overlay = (tree.Files as WritableFileSystem)?.Upkeep;
        _expiry = new PageExpiry(tree.State.Pages, fuse.Notifier, logger);
        if (parts.Blocks is BlockStore store)
        {
            store.BlockChanged = key =>
            {
                if (tree.IdOf(key) is { } id)
                {
                    _expiry.Changed(id);
                }
            };
        }

        Completion = Task.CompletedTask;
    }

    public MountSettings Settings { get; }

    /// <summary>Canonical.</summary>
    public string MountPoint { get; }

    /// <summary>Null for a whole server.</summary>
    public VolumeInfo? Volume => _parts.Volume;

    /// <summary>What the kernel has asked for.</summary>
    public FuseStatistics Statistics => _fuse.Statistics;

    /// <summary>
    /// Completes when the mount is gone, whoever removed it, and everything behind it is closed. Faulted when the kernel's connection broke.
    /// </summary>
    public Task Completion { get; private set; }

    /// <summary>Block buffers that somebody holds; the caches' own count too until <see cref="Completion"/>, after it any is a leak.</summary>
    internal int BuffersInUse => _parts.Pool.Rented;

    private BlockStoreStatistics Fetched => (_parts.Blocks as BlockStore)?.Statistics ?? default;

    /// <summary>Opens the source, mounts it, and returns when its files can be read.</summary>
    /// <exception cref="DataStoreException">One line: what is wrong and what to do.</exception>
    /// <exception cref="FuseException">One line: why the kernel, or fusermount3, would not mount.</exception>
    public static async Task<DataStoreMount> StartAsync(MountSettings settings, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        settings.Validate();
        ILogger logger = loggerFactory.CreateLogger("datastorefs");
        string mountPoint = await MountPointCheck.PrepareAsync(settings.MountPoint, logger, cancellationToken).ConfigureAwait(false);
        MountPointCheck.RequireOutside(mountPoint, settings.TraceFuseFile, "trace file");
        MountPointCheck.RequireOutside(mountPoint, settings.TokenFile, "token file");
        MountPointCheck.RequireOutside(mountPoint, settings.DiskCache?.Folder, "disk cache");
        MountPointCheck.RequireOutside(mountPoint, settings.DatasetsFile, "list of datasets");
        MountPointCheck.RequireOutside(mountPoint, settings.OverlayFolder, "overlay folder");
        MountPointCheck.RequireOutside(mountPoint, settings.JournalFolder, "journal folder");
        MountParts parts = await MountPartsBuilder.OpenAsync(settings, loggerFactory, cancellationToken).ConfigureAwait(false);
        try
        {
            return await StartAsync(settings, mountPoint, parts, loggerFactory, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (MadeVersion.Explain(settings.Source, parts.Volume?.ResolvedVersion, fault) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>Mounts parts that are open already. Takes them, also when it fails.</summary>
    internal static async Task<DataStoreMount> StartAsync(
        MountSettings settings, string mountPoint, MountParts parts, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        ILogger logger = loggerFactory.CreateLogger("datastorefs");
        FuseMount? fuse = null;
        DataStoreMount? mount = null;
        try
        {
            MountedTree tree = MountedTree.Create(settings, parts, logger);
            fuse = await FuseMount.MountAsync(mountPoint, tree.Files, Options(settings, loggerFactory), cancellationToken).ConfigureAwait(false);
            mount = new DataStoreMount(settings, mountPoint, parts, tree, fuse, logger);
            mount.Open();
            logger.LogInformation("{Source} is mounted on {MountPoint}: {Description}", settings.Source, mountPoint, tree.Description);
            return mount;
        }
        catch
        {
            if (mount is not null)
            {
                await mount._expiry.DisposeAsync().ConfigureAwait(false);
            }

            if (fuse is not null)
            {
                await fuse.DisposeAsync().ConfigureAwait(false);
            }

            await parts.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Drops everything that was fetched, here and in the kernel: the next read of each block asks the server.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken) => _expiry.RefreshAsync(_parts.Blocks, cancellationToken);

    /// <summary>Unmounts and waits until everything is closed.</summary>
    /// <param name="lazy">Also when files are open: the name goes now; what is open is answered for <see cref="FuseOptions.DrainTimeout"/>. An
    /// attached descriptor is unmounted by whoever mounted it, who gets as much time.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="FuseException">Not lazily: EBUSY, files are open; EINVAL, it is an attached descriptor.</exception>
    public async Task StopAsync(bool lazy, CancellationToken cancellationToken)
    {
        if (lazy)
        {
            if (MountPointCheck.IsDescriptor(MountPoint))
            {
                // Nobody else can take it out of the tree, and what is open may be finished until then.
                _logger.LogInformation(
                    "whoever mounted {MountPoint} has {Seconds} s to unmount it", MountPoint, s_unmountPatience.TotalSeconds);
                await _fuse.Completion.WaitAsync(s_unmountPatience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await _fuse.DisposeAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (!_fuse.Completion.IsCompleted)
        {
            await _fuse.UnmountAsync(lazy: false, cancellationToken).ConfigureAwait(false);
        }

        await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public MountStatus Status() => new()
    {
        Source = Settings.Source.ToString(),
        MountPoint = MountPoint,
        Version = _parts.Volume?.ResolvedVersion ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_parts.Server!.Count} open"),
        ProcessId = Environment.ProcessId,
        UptimeSeconds = (DateTimeOffset.UtcNow - _started).TotalSeconds,
        ReadWrite = Settings.ReadWrite,
        Missing = Settings.MissingOrDefault == MissingBlocks.Absent ? "absent" : "zeros",
        Requests = _fuse.Statistics.Snapshot().ToDictionary(r => r.Key.ToString(), r => r.Value),
        BytesRead = _fuse.Statistics.BytesRead,
        MemoryHits = _state.Reads.Hits,
        MemoryMisses = _state.Reads.Misses,
        CacheBytes = _parts.Pool.RentedBytes,
        CacheBudget = Settings.CacheBytes,
        Prefetched = _parts.Prefetcher?.Statistics.Issued ?? 0,
        PrefetchedUsed = _parts.Prefetcher?.Statistics.Used ?? 0,
        ServerRequests = Fetched.Requests,
        ServerBlocks = Fetched.Blocks,
        Disk = _parts.DiskTier?.Statistics,
        PageRuns = _state.Pages.Runs,
        Outage = _state.Faults.Current,
        FailedReads = _state.Faults.Failures,
        WriteBack = _parts.Engine?.Status,
    };

    /// <summary>Unmounts, also when files are open, and closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await _fuse.DisposeAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static FuseOptions Options(MountSettings settings, ILoggerFactory loggerFactory) => new()
    {
        Source = settings.FsName ?? settings.Source.ToString(),
        Subtype = "datastorefs",
        ReadOnly = !settings.IsWritable,
        AllowOther = settings.AllowOther,
        ReadaheadKilobytes = settings.ReadAheadKiB switch { null => 1024, 0 => null, int window => window },
        TraceFile = settings.TraceFuseFile,
        ErrorMapper = ErrnoMap.Of,
        LoggerFactory = loggerFactory,
    };

    private void Open()
    {
        if (!MountPointCheck.IsDescriptor(MountPoint))
        {
            _control = ControlSocket.Open(ControlAddress.ToListen(MountPoint, Settings.RuntimeFolder), AnswerAsync, _logger);
        }

        Completion = CloseWhenGoneAsync();
    }

    private async Task<string> AnswerAsync(ControlRequest request, CancellationToken cancellationToken)
    {
        switch (request.Command)
        {
            case ControlCommand.Status:
                return MountStatusJson.Write(Status());
            case ControlCommand.Refresh:
                await RefreshAsync(cancellationToken).ConfigureAwait(false);
                return string.Empty;
            case ControlCommand.Parked:
                return ParkedBlocksJson.Write(_parts.Engine?.Parked() ?? []);
            case ControlCommand.OverlayList:
                return RequireOverlay().List(request.Arguments);
            case ControlCommand.OverlayDiff:
                return RequireOverlay().Diff(request.Arguments);
            case ControlCommand.OverlayDiscard:
                return await RequireOverlay().DiscardAsync(request.Arguments, cancellationToken).ConfigureAwait(false);
            default:
                return await UnmountAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private OverlayUpkeep RequireOverlay() => _overlay
        ?? throw new DataStoreException(
            DataStoreErrorKind.Refused, $"{MountPoint} has no overlay; mount with --overlay auto, --overlay DIR or --read-write to have one");

    private async Task<string> UnmountAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _fuse.UnmountAsync(lazy: false, cancellationToken).ConfigureAwait(false);
            return LeftBehind(await _drained.Task.ConfigureAwait(false));
        }
        catch (FuseException refused)
        {
            throw new DataStoreException(DataStoreErrorKind.Refused, refused.Message, refused);
        }
    }

    /// <summary>One line; empty when the server has everything that was written.</summary>
    private string LeftBehind(bool drained)
    {
        if (_parts.Engine?.Status is not { } written)
        {
            return string.Empty;
        }

        string waiting = drained
            ? string.Empty
            : $"; {written.PendingBlocks} blocks wait in the journal and are sent when the dataset is mounted again";
        string refused = written.RefusedBlocks == 0
            ? string.Empty
            : $"; the server refused {written.RefusedBlocks} blocks, which are kept in {written.ParkedFolder} with the reasons: copy or remove them";
        return waiting.Length + refused.Length == 0 ? string.Empty : $"{MountPoint} is unmounted{waiting}{refused}";
    }

    private async Task CloseWhenGoneAsync()
    {
        try
        {
            await _fuse.Completion.ConfigureAwait(false);
            _logger.LogInformation("{MountPoint} is unmounted", MountPoint);
        }
        finally
        {
            bool drained = await _parts.TryDrainAsync(Settings.DrainTimeout).ConfigureAwait(false);
            _drained.TrySetResult(drained);
            if (!drained)
            {
                _logger.LogError(
                    "{Count} blocks could not be sent; they are in the journal and are sent when the dataset is mounted again",
                    _parts.Engine!.Status.PendingBlocks);
            }

            await _expiry.DisposeAsync().ConfigureAwait(false);
            await _fuse.DisposeAsync().ConfigureAwait(false);
            await _parts.DisposeAsync().ConfigureAwait(false);
            if (_parts.Pool.Rented != 0)
            {
                _logger.LogError("{Count} block buffers were not given back: please report this", _parts.Pool.Rented);
            }

            if (_control is not null)
            {
                await _control.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
