using System.Diagnostics;
using DataStoreFS.Cli.Daemon;
using DataStoreFS.Cli.Interop;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Demo;

/// <summary>This same program, started with other arguments: the demonstration runs the commands that it shows.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly Process _process;

    private ChildProgram(Process process) => _process = process;

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="DataStoreException">It failed; it has said why on stderr itself.</exception>
    public static async Task RunAsync(CancellationToken cancellationToken, params string[] args)
    {
        using Process process = Start(redirectOutput: false, args);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local, $"'datastorefs {string.Join(' ', args)}' failed with exit code {process.ExitCode}");
        }
    }

    /// <summary>Starts it and waits until its output has a line with <paramref name="word"/>.</summary>
    /// <returns>The program, which ends when it is disposed of, and what follows the word.</returns>
    public static async Task<(ChildProgram Program, string Remainder)> StartAsync(
        string word, CancellationToken cancellationToken, params string[] args)
    {
        var program = new ChildProgram(Start(redirectOutput: true, args));
        try
        {
            while (await program._process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is string line)
            {
                int at = line.IndexOf(word, StringComparison.Ordinal);
                if (at >= 0)
                {
                    return (program, line[(at + word.Length)..]);
                }
            }
        }
        catch
        {
            await program.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await program.DisposeAsync().ConfigureAwait(false);
        throw new DataStoreException(DataStoreErrorKind.Local, $"'datastorefs {string.Join(' ', args)}' ended before it was ready");
    }

    /// <summary>SIGTERM, and SIGKILL to one that does not listen.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            LibC.Kill(_process.Id, LibC.SignalTerminate);
            using var patience = new CancellationTokenSource(s_patience);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static Process Start(bool redirectOutput, string[] args)
    {
        ProcessStartInfo start = SelfProgram.Describe(args);
        start.RedirectStandardOutput = redirectOutput;
        return Process.Start(start) ?? throw new DataStoreException(DataStoreErrorKind.Local, "cannot start a process");
    }
}
