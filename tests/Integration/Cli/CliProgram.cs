using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Integration.Cli;

/// <summary>Runs the built command line as its users do: as a process, with both its outputs captured until their end.</summary>
/// <remarks>Reading to the end is itself a test: it returns only when the daemon that stays behind has let go of both pipes.</remarks>
internal static class CliProgram
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>The program that the tests were built with, or the one that DATASTOREFS_PROGRAM names: a release is tested that way.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("DATASTOREFS_PROGRAM") is { Length: > 0 } release
        ? System.IO.Path.GetFullPath(release)
        : System.IO.Path.Combine(AppContext.BaseDirectory, "DataStoreFS.Cli");

    public static Task<CliResult> RunAsync(params string[] args) => RunAsync(Start(args));

    /// <param name="name">What the program is called by, as its argv[0].</param>
    /// <param name="args">The others.</param>
    public static Task<CliResult> RunAsAsync(string name, params string[] args) =>
        RunAsync(StartProgram("/bin/bash", ["-c", "exec -a \"$0\" \"$@\"", name, Path, .. args], null));

    public static Process Start(string[] args, IReadOnlyDictionary<string, string>? environment = null) => StartProgram(Path, args, environment);

    public static async Task<CliResult> RunAsync(Process process)
    {
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            try
            {
                using CancellationTokenSource patience = new(s_patience);
                await process.WaitForExitAsync(patience.Token);
                return new CliResult(process.ExitCode, await output.WaitAsync(patience.Token), await errors.WaitAsync(patience.Token));
            }
            catch (OperationCanceledException)
            {
                string ended = process.HasExited ? $"ended with {process.ExitCode}, but something holds its output" : "did not end";
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }

                string[] said = await Task.WhenAll(output, errors).WaitAsync(s_patience);
                throw new TimeoutException(
                    $"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} {ended} in "
                        + $"{s_patience}: {string.Join("; ", said)}");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
    }

    public static Process StartProgram(
        string program, IEnumerable<string> args, IReadOnlyDictionary<string, string>? environment, bool redirectInput = false)
    {
        ProcessStartInfo start = new(program, args)
        {
            RedirectStandardInput = redirectInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_ROOT"] = System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // a killed one would leave its debugger's sockets in /tmp
        start.Environment.Remove("DATASTOREFS_TOKEN");
        start.Environment.Remove("NOTIFY_SOCKET");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}

internal sealed record CliResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The one line of error that there must be.</summary>
    public string ErrorLine
    {
        get
        {
            Assert.StartsWith("datastorefs: ", Errors, StringComparison.Ordinal);
            Assert.Equal(Errors.Length - 1, Errors.IndexOf('\n', StringComparison.Ordinal));
            return Errors.TrimEnd('\n');
        }
    }
}
