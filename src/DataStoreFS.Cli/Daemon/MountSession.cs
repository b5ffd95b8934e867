using DataStoreFS.Cli.Interop;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using LinuxFuse;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Daemon;

/// <summary>One mount's life in this process: start, say so, serve until it is unmounted or a signal comes, end cleanly.</summary>
internal static class MountSession
{
    /// <returns>The process's exit code.</returns>
    /// <exception cref="DataStoreException">In the foreground: it did not start, or broke.</exception>
    public static async Task<int> RunAsync(MountDraft draft, BackgroundChild? child, CancellationToken stop)
    {
        LineLog? log = null;
        LibC.RaiseDescriptorLimit();
        try
        {
            log = new LineLog(draft.LogLevel, Sink(draft, child is not null));
            return await ServeAsync(draft, child, log, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FuseException or IOException or UnauthorizedAccessException)
        {
            return Failed(child, log, new DataStoreException(DataStoreErrorKind.Local, e.Message, e));
        }
        catch (DllNotFoundException e)
        {
            return Failed(child, log, MissingLibrary.Fault(e));
        }
        catch (DataStoreException e)
        {
            // What the command line says was checked before; a mount point that cannot be used is a failure, not wrong usage.
            return Failed(child, log, e.Kind == DataStoreErrorKind.Usage ? new DataStoreException(DataStoreErrorKind.Local, e.Message, e) : e);
        }
        finally
        {
            log?.Dispose();
        }
    }

    private static async Task<int> ServeAsync(MountDraft draft, BackgroundChild? child, LineLog log, CancellationToken stop)
    {
        DataStoreMount mount = await DataStoreMount.StartAsync(draft.Settings, log, stop).ConfigureAwait(false);
        await using (mount.ConfigureAwait(false))
        {
            ServiceNotifier.Ready($"{draft.Settings.Source} on {mount.MountPoint}");
            string? news = MadeVersion(draft, mount);
            if (child is not null)
            {
                child.Ready(draft.LogFile, news);
            }
            else if (news is not null)
            {
                Console.WriteLine(news);
            }

            await mount.Completion.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!mount.Completion.IsCompleted)
            {
                ServiceNotifier.Stopping($"unmounting {mount.MountPoint}");

                // Lazily: whoever ends a daemon wants it gone, also when a shell sits in the tree. What is open is answered for
                // FuseOptions.DrainTimeout.
                await mount.StopAsync(lazy: true, CancellationToken.None).ConfigureAwait(false);
            }

            await mount.Completion.ConfigureAwait(false);
        }

        return 0;
    }

    /// <summary>The number has to be said: the address with <c>new</c> in it will make another version next time.</summary>
    private static string? MadeVersion(MountDraft draft, DataStoreMount mount)
    {
        SourceAddress source = draft.Settings.Source;
        return source.Version == "new" && mount.Volume is { ResolvedVersion: string made }
            ? $"made version {made}; mount {source with { Version = made }} to go on with it"
            : null;
    }

    /// <summary>A background process leaves the terminal to the one line with which it starts or fails.</summary>
    private static ILogSink Sink(MountDraft draft, bool background) =>
        draft.LogFile is not null ? new FileSink(draft.LogFile) : background ? new SyslogSink() : new StderrSink();

    /// <summary>In the background the process that waits says it; once that has gone, the log does.</summary>
    private static int Failed(BackgroundChild? child, LineLog? log, DataStoreException fault)
    {
        if (child is null)
        {
            throw fault;
        }

        if (!child.TryFail(fault))
        {
            log?.CreateLogger("mount").LogCritical("{Fault}", fault.Message);
        }

        return 1;
    }
}
