using LinuxFuse.Interop;
using LinuxFuse.Mounting;
using Microsoft.Extensions.Logging;

namespace LinuxFuse.Session;

/// <summary>The beginning and the end of a session: starts the readers, and when they are gone lets handlers finish and closes everything.</summary>
internal sealed class SessionLifetime
{
    /// <summary>For handlers that were interrupted at the end of their time.</summary>
    private static readonly TimeSpan s_lastPatience = TimeSpan.FromSeconds(1);

    private readonly FuseSession _session;
    private readonly FuseFileSystem _fileSystem;
    private readonly FuseOptions _options;
    private readonly ReaderGroup _readers;
    private readonly List<DeviceChannel> _clones = [];
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SessionLifetime(FuseSession session, FuseFileSystem fileSystem, FuseOptions options)
    {
        _session = session;
        _fileSystem = fileSystem;
        _options = options;
        _readers = new ReaderGroup(session);
    }

    /// <summary>Completes when all is closed; faulted if the connection was aborted or broke.</summary>
    public Task Completion => _completion.Task;

    /// <exception cref="FuseException">The device cannot be cloned; the session has ended then.</exception>
    public void Start()
    {
        // First, so that whatever fails from here on ends the session too.
        _ = EndAsync();
        int count = _options.Readers > 0 ? _options.Readers : Math.Max(2, Environment.ProcessorCount);
        DeviceChannel[] channels = new DeviceChannel[count];
        channels[0] = _session.Channel;
        try
        {
            for (int i = 1; i < count; i++)
                channels[i] = _options.CloneDevice ? Clone() : _session.Channel;
        }
        catch
        {
            // No reader runs yet that could see an end.
            _readers.Stop(TimeSpan.Zero);
            throw;
        }

        _readers.Start(channels);
    }

    /// <summary>Ends reading although the kernel has not ended the connection. Closing the last descriptor then aborts it.</summary>
    public async Task StopAsync()
    {
        await Task.Run(() => _readers.Stop(_options.DrainTimeout)).ConfigureAwait(false);
        await _completion.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private DeviceChannel Clone()
    {
        DeviceChannel clone = new(DeviceNode.Clone(_session.Channel.Handle));
        _clones.Add(clone);
        return clone;
    }

    private async Task EndAsync()
    {
        ReaderEnd end = await _readers.Completion.ConfigureAwait(false);
        FuseException? reason = Describe(end);
        try
        {
            _session.Handshake.Fail(reason ?? new FuseException("the connection ended before the kernel had said hello", Errno.ENOTCONN));
            await DrainAsync(end).ConfigureAwait(false);
            await EndFileSystemAsync(end.Kind == ReaderEndKind.Unmounted).ConfigureAwait(false);
            await CloseAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _session.Logger.LogError(exception, "ending the session failed");
        }
        finally
        {
            if (reason is null)
                _completion.TrySetResult();
            else
                _completion.TrySetException(reason);
        }
    }

    private async Task EndFileSystemAsync(bool isUnmounted)
    {
        await _session.Handshake.Settled.WaitAsync(_options.DrainTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_session.Handshake.FileSystemIsInitialized)
            return;
        try
        {
            await _fileSystem.DestroyAsync(isUnmounted).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _session.Logger.LogError(exception, "the file system failed at its end");
        }
    }

    private async Task DrainAsync(ReaderEnd end)
    {
        // Nobody can get an answer from an aborted connection, so handlers may as well stop. After unmounting a RELEASE may still have work to do.
        if (end.Kind == ReaderEndKind.Aborted)
            _session.InFlight.InterruptAll();
        Task drained = _session.InFlight.DrainAsync();
        await drained.WaitAsync(_options.DrainTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (drained.IsCompleted)
            return;
        _session.InFlight.InterruptAll();
        await drained.WaitAsync(s_lastPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!drained.IsCompleted)
            _session.Logger.LogError("{Count} requests were left behind: their handlers did not end", _session.InFlight.Count);
    }

    private async Task CloseAsync()
    {
        await _session.Notifications.DisposeAsync().ConfigureAwait(false);
        _session.Interrupts.Dispose();
        foreach (DeviceChannel clone in _clones)
            clone.Dispose();
        _session.Channel.Dispose();
        _session.Handshake.Dispose();
        _session.Requests.Dispose();
        _session.Buffers.Dispose();
        if (_session.Trace is { } trace)
            await trace.DisposeAsync().ConfigureAwait(false);
    }

    private static FuseException? Describe(ReaderEnd end) => end.Kind switch
    {
        ReaderEndKind.Aborted => new FuseException("the connection was aborted", Errno.ECONNABORTED),
        ReaderEndKind.Failed => new FuseException($"reading from the kernel failed: {Libc.Describe(end.Errno)}", end.Errno),
        _ => null,
    };
}
