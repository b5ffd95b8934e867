using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Mono.Unix.Native;

namespace Integration.Cli;

/// <summary>Being a service: the notify socket, the signals.</summary>
public class ForegroundTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Signum.SIGTERM)]
    [InlineData(Signum.SIGINT)]
    [InlineData(Signum.SIGHUP)]
    public async Task TheManagerHearsReadyAndStoppingAndASignalEndsItCleanly(Signum signal)
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Socket manager = Listen(fixture, out Dictionary<string, string> environment);
        using Process mount = CliProgram.Start(["mount", "-f", $"{fixture.Source}/0", fixture.MountPoint], environment);
        Task<CliResult> ended = CliProgram.RunAsync(mount);
        Assert.StartsWith("READY=1\nSTATUS=", await ReceiveAsync(manager), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFileSystemEntries(fixture.MountPoint));

        Assert.Equal(0, Syscall.kill(mount.Id, signal));
        Assert.StartsWith("STOPPING=1\n", await ReceiveAsync(manager), StringComparison.Ordinal);
        Assert.Equal(0, (await ended).ExitCode);
        Assert.Null(fixture.MountedType());
    }

    [Fact]
    public async Task UmountEndsAForegroundMountWithSuccess()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Socket manager = Listen(fixture, out Dictionary<string, string> environment);
        Task<CliResult> ended = CliProgram.RunAsync(CliProgram.Start(["mount", "-f", $"{fixture.Source}/0", fixture.MountPoint], environment));
        await ReceiveAsync(manager);
        Assert.Equal(0, (await CliProgram.RunAsync("umount", fixture.MountPoint)).ExitCode);
        Assert.Equal(0, (await ended).ExitCode);
    }

    [Theory]
    [InlineData("", 1, "STATUS=GET http://127.0.0.1:1/datasets/u: Connection refused")]
    [InlineData("--misspelt", 2, "STATUS=there is no option '--misspelt'")]
    public async Task TheManagerHearsWhyItFailed(string option, int code, string says)
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Socket manager = Listen(fixture, out Dictionary<string, string> environment);
        string[] options = option.Length > 0 ? [option] : [];
        CliResult failed = await CliProgram.RunAsync(
            CliProgram.Start(["mount", "-f", "http://127.0.0.1:1/datasets/u", fixture.MountPoint, .. options], environment));
        Assert.Equal(code, failed.ExitCode);
        string heard = await ReceiveAsync(manager);
        Assert.StartsWith(says, heard, StringComparison.Ordinal);
        Assert.Equal("datastorefs: " + heard["STATUS=".Length..], failed.ErrorLine);
    }

    [Fact]
    public async Task ASignalWhileAFileIsOpenStillEndsIt()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Socket manager = Listen(fixture, out Dictionary<string, string> environment);
        using Process mount = CliProgram.Start(["mount", "-f", $"{fixture.Source}/0", fixture.MountPoint], environment);
        Task<CliResult> ended = CliProgram.RunAsync(mount);
        await ReceiveAsync(manager);
        using FileStream open = File.OpenRead($"{fixture.MountPoint}/export.xml");
        Assert.Equal(0, Syscall.kill(mount.Id, Signum.SIGTERM));
        Assert.Equal(0, (await ended).ExitCode);
        Assert.Null(fixture.MountedType());
    }

    [Fact]
    public async Task ServeTellsWhereItListensAndEndsWithSuccess()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Process serve = CliProgram.Start(["serve", Path.Combine(fixture.Folder, "store"), "--urls", "http://127.0.0.1:0"]);
        string line = await serve.StandardOutput.ReadLineAsync().WaitAsync(s_patience) ?? "";
        Assert.StartsWith("serving 1 dataset at http://127.0.0.1:", line, StringComparison.Ordinal);
        using HttpClient client = new();
        string json = await client.GetStringAsync(new Uri($"{line[line.IndexOf("http", StringComparison.Ordinal)..]}/datasets/{CliFixture.Uuid}"));
        Assert.Contains("\"versions\":[0,1]", json, StringComparison.Ordinal);
        Assert.Equal(0, Syscall.kill(serve.Id, Signum.SIGTERM));
        Assert.Equal(0, (await CliProgram.RunAsync(serve)).ExitCode);
    }

    [Fact]
    public async Task ServeTellsEveryAddressItListensAt()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Process serve = CliProgram.Start(
            ["serve", Path.Combine(fixture.Folder, "store"), "--urls", "http://127.0.0.1:0", "--urls", "http://127.0.0.2:0"]);
        string first = await serve.StandardOutput.ReadLineAsync().WaitAsync(s_patience) ?? "";
        string second = await serve.StandardOutput.ReadLineAsync().WaitAsync(s_patience) ?? "";
        Assert.Equal(0, Syscall.kill(serve.Id, Signum.SIGTERM));
        Assert.Equal(0, (await CliProgram.RunAsync(serve)).ExitCode);
        Assert.StartsWith("serving 1 dataset at http://127.0.0.1:", first, StringComparison.Ordinal);
        Assert.StartsWith("and at http://127.0.0.2:", second, StringComparison.Ordinal);
    }

    private static Socket Listen(CliFixture fixture, out Dictionary<string, string> environment)
    {
        string path = Path.Combine(fixture.Folder, "notify");
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path };
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] buffer = new byte[1000];
        using CancellationTokenSource patience = new(s_patience);
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
    }
}
