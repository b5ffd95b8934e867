using System.Diagnostics;

namespace Integration.Mounts;

/// <summary>Runs foreign programs on a mount: the test's own process must not touch a mount that it serves itself.</summary>
internal static class Command
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    /// <summary>Runs to the end; a program that takes longer than two minutes is killed and fails the test.</summary>
    public static async Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        using CancellationTokenSource patience = new(s_patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>As <see cref="RunAsync"/>, and it must end well without a complaint.</summary>
    public static async Task<string> RunCleanAsync(string program, params string[] arguments)
    {
        CommandResult result = await RunAsync(program, arguments);
        Assert.True(result.ExitCode == 0 && result.Errors.Length == 0, $"{program} {string.Join(' ', arguments)}: {result}");
        return result.Output;
    }

    public static Task<string> ShellAsync(string script) => RunCleanAsync("/bin/sh", "-c", script);

    public static Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }
}

internal sealed record CommandResult(int ExitCode, string Output, string Errors);
