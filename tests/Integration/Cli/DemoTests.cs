using System.Diagnostics;
using Mono.Unix.Native;

namespace Integration.Cli;

public class DemoTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task CtrlCWhileItIsCheckedEndsItAndLeavesNothing()
    {
        using Process demo = CliProgram.Start(["demo", "--check"]);
        string? folder = null;
        while (await demo.StandardOutput.ReadLineAsync().WaitAsync(s_patience) is string line
            && !line.Contains("readable after", StringComparison.Ordinal))
        {
            folder = line.StartsWith("$ datastorefs mount ", StringComparison.Ordinal) ? Path.GetDirectoryName(line.Split(' ')[^1]) : folder;
        }

        // As a terminal does it: the server, too.
        foreach (int child in Children(demo.Id).Append(demo.Id))
        {
            Assert.Equal(0, Syscall.kill(child, Signum.SIGINT));
        }

        CliResult ended = await CliProgram.RunAsync(demo);
        Assert.Equal(130, ended.ExitCode);
        Assert.Contains("interrupted", ended.ErrorLine, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder ?? throw new InvalidOperationException("it has not said where it mounts")));
    }

    private static int[] Children(int process) =>
        [.. File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
