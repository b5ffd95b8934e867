using System.Diagnostics;
using DataStoreFS.Cli.Interop;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Daemon;

/// <summary>
/// Going to the background without fork(2), which a process with threads cannot survive: the same command line is started again as a child
/// whose first words on stdout say how it went, and which then leaves the session. See <see cref="BackgroundChild"/> for its side.
/// </summary>
internal static class Background
{
    /// <summary>Starts the child and waits until it is ready: then it stays and serves.</summary>
    /// <returns>What it has to say; mostly null.</returns>
    /// <exception cref="DataStoreException">The child's one line of error.</exception>
    public static async Task<string?> StartAsync(IEnumerable<string> args, int keepDescriptor, CancellationToken cancellationToken)
    {
        LibC.KeepDescriptorsFromChildren(keepDescriptor);
        using var child = new Process { StartInfo = Describe(args) };
        if (!child.Start())
        {
            throw new DataStoreException(DataStoreErrorKind.Local, "cannot start a background process");
        }

        child.StandardInput.Close();
        using CancellationTokenRegistration _ = cancellationToken.Register(() => LibC.Kill(child.Id, LibC.SignalTerminate));

        // End of file without a word: the child died.
        string? answer = await child.StandardOutput.ReadLineAsync(CancellationToken.None).ConfigureAwait(false);
        if (answer?.Split(' ', 2) is [BackgroundChild.ReadyWord, .. string[] news])
        {
            return news.FirstOrDefault();
        }

        await child.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (answer is not null && answer.Split(' ', 2) is [string kind, string message] && Enum.TryParse(kind, out DataStoreErrorKind parsed))
        {
            throw new DataStoreException(parsed, message);
        }

        throw new DataStoreException(
            DataStoreErrorKind.Local, $"the background process ended with exit code {child.ExitCode} before it was ready; run it with -f to see why");
    }

    private static ProcessStartInfo Describe(IEnumerable<string> args)
    {
        ProcessStartInfo start = SelfProgram.Describe(args);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.Environment[BackgroundChild.Marker] = "1";
        return start;
    }
}
