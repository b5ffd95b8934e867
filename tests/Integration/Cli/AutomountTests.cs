using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Integration.Mounts;

namespace Integration.Cli;

/// <summary>An automount point of the kernel's, with automounter.py in the place of systemd.</summary>
public class AutomountTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [AutomountFact]
    public async Task WhoLooksFirstGetsTheTreeAndAnIdleMountIsGoneUntilTheNext()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Process automounter = Start(fixture);
        try
        {
            Assert.Equal("armed", await SaysAsync(automounter));
            for (int visit = 0; visit < 2; visit++)
            {
                Task<string> listing = Command.RunCleanAsync("timeout", "-s", "KILL", "60", "ls", fixture.MountPoint);
                Assert.Equal("asked", await SaysAsync(automounter));
                Assert.Equal("mounted", await SaysAsync(automounter));
                Assert.Equal("export.n5\nexport.xml\n", await listing);
                Assert.Equal("fuse.datastorefs", fixture.MountedType());
                using Process daemon = await DaemonAsync(fixture);

                // Until the kernel knows that the unmounting is done it makes everybody wait who looks there: the daemon must not.
                await automounter.StandardInput.WriteLineAsync("idle");
                Assert.Equal("unmounted", await SaysAsync(automounter));
                await daemon.WaitForExitAsync().WaitAsync(s_patience);
                await automounter.StandardInput.WriteLineAsync("done");
                Assert.Equal("expired", await SaysAsync(automounter));
                Assert.Equal("autofs", fixture.MountedType());
            }
        }
        finally
        {
            automounter.StandardInput.Close();
            await EndAsync(automounter);
        }

        Assert.Equal("", await automounter.StandardOutput.ReadToEndAsync().WaitAsync(s_patience));
    }

    private static Process Start(CliFixture fixture, [CallerFilePath] string here = "")
    {
        string[] helper = ["/bin/bash", "-c", "exec -a \"$0\" \"$@\"", "mount.datastorefs", CliProgram.Path];
        string script = Path.Combine(Path.GetDirectoryName(here)!, "automounter.py");
        return CliProgram.StartProgram(
            "python3", [script, fixture.MountPoint, .. helper, $"{fixture.Source}/0", fixture.MountPoint, "-o", "rw"], null, redirectInput: true);
    }

    private static async Task<string?> SaysAsync(Process automounter) => await automounter.StandardOutput.ReadLineAsync().WaitAsync(s_patience);

    private static async Task<Process> DaemonAsync(CliFixture fixture)
    {
        using JsonDocument status = JsonDocument.Parse((await CliProgram.RunAsync("status", fixture.MountPoint, "--json")).Output);
        return Process.GetProcessById(status.RootElement.GetProperty("processId").GetInt32());
    }

    /// <summary>One that hangs is ended with everything that it has started: the kernel answers for it then.</summary>
    private static async Task EndAsync(Process automounter)
    {
        try
        {
            await automounter.WaitForExitAsync().WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            automounter.Kill(entireProcessTree: true);
            await automounter.WaitForExitAsync();
        }
    }
}

/// <summary>A test that mounts autofs: not run where the kernel has none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AutomountFactAttribute : FactAttribute
{
    public AutomountFactAttribute()
    {
        if (!MountFactAttribute.CanMount || !File.ReadLines("/proc/filesystems").Any(line => line.EndsWith("\tautofs", StringComparison.Ordinal)))
        {
            Skip = "needs root, /dev/fuse and autofs (modprobe autofs4)";
        }
    }
}
