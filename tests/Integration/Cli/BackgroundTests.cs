using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Integration.Mounts;
using Mono.Unix.Native;

namespace Integration.Cli;

/// <summary>The process that mounts and stays, and the group that it was started in.</summary>
public class BackgroundTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>An automounter's group is the only one that is let through to the mount point before something is mounted there.</summary>
    [MountFact]
    public async Task UntilItHasMountedItStaysInTheGroupThatItWasStartedInAndThenItLeavesTheSession()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        using Process waiting = CliProgram.Start(["mount", $"http://{silent.LocalEndpoint}/datasets/{CliFixture.Uuid}", fixture.MountPoint]);
        using CancellationTokenSource patience = new(s_patience);
        using Socket asked = await silent.AcceptSocketAsync(patience.Token);
        int child = Assert.Single(ChildrenOf(waiting.Id));
        Assert.Equal((GroupOf(waiting.Id), Syscall.getsid(waiting.Id)), (GroupOf(child), Syscall.getsid(child)));
        Assert.Equal(0, Syscall.kill(waiting.Id, Signum.SIGTERM));
        Assert.Equal(130, (await CliProgram.RunAsync(waiting)).ExitCode);

        await fixture.MountAsync();
        using JsonDocument status = JsonDocument.Parse((await CliProgram.RunAsync("status", fixture.MountPoint, "--json")).Output);
        int daemon = status.RootElement.GetProperty("processId").GetInt32();
        Assert.Equal((daemon, daemon), (GroupOf(daemon), Syscall.getsid(daemon)));
    }

    private static int GroupOf(int process) => Syscall.getpgid(process);

    private static int[] ChildrenOf(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : 0)
            .Where(process => process > 0 && ParentOf(process) == parent)];

    /// <summary>proc(5): pid (name) state parent …, where the name may be anything; 0 for a process that has ended.</summary>
    private static int ParentOf(int process)
    {
        try
        {
            string status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            return int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
