using System.Net;
using System.Net.Sockets;

namespace Integration.Cli;

/// <summary>What can be wrong at mount: one line that says what and what to do, exit code 1, and nothing is mounted.</summary>
public class MountFailureTests
{
    [Fact]
    public async Task AServerThatIsDownIsNamed()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();

        // Bound, so that no other server gets the port meanwhile, but nobody listens.
        using Socket bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)bound.LocalEndPoint!).Port;
        await FailsAsync(fixture, $"http://127.0.0.1:{port}/datasets/{CliFixture.Uuid}", fixture.MountPoint, $"127.0.0.1:{port}");
    }

    [Fact]
    public async Task AProgramThatWasCopiedWithoutItsLibrarySaysWhichOneIsMissing()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        string folder = Directory.CreateDirectory(Path.Combine(fixture.Folder, "copied")).FullName;
        string from = Path.GetDirectoryName(CliProgram.Path)!;
        IEnumerable<string> libraries = Directory.Exists(from + "/runtimes")
            ? Directory.EnumerateFiles(from + "/runtimes", "*.dll", SearchOption.AllDirectories)
            : [];
        foreach (string file in Directory.EnumerateFiles(from).Where(
            f => f == CliProgram.Path || Path.GetExtension(f) is ".dll" or ".json").Concat(libraries))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string program = Path.Combine(folder, Path.GetFileName(CliProgram.Path));
        CliResult mount = await CliProgram.RunAsync(CliProgram.StartProgram(program, ["mount", fixture.Source, fixture.MountPoint], null));

        Assert.Equal(1, mount.ExitCode);
        Assert.Contains("libMonoPosixHelper.so", mount.ErrorLine, StringComparison.Ordinal);
        Assert.Null(fixture.MountedType());
    }

    [Fact]
    public async Task AnUnknownDatasetIsNamed()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await FailsAsync(
            fixture, $"{fixture.Url}/datasets/11111111-2222-3333-4444-555555555555", fixture.MountPoint, "11111111-2222-3333-4444-555555555555");
    }

    [Fact]
    public async Task AnUnknownVersionIsNamedAndNotCreated()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await FailsAsync(fixture, $"{fixture.Source}/7", fixture.MountPoint, "7");
        Assert.False(Directory.Exists(Path.Combine(fixture.Folder, "store", CliFixture.Uuid, "7")));
    }

    [Fact]
    public async Task APortWhereSomethingElseListensIsNamed()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        Task greet = GreetAsync(other);
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        await FailsAsync(fixture, $"http://127.0.0.1:{port}/datasets/{CliFixture.Uuid}", fixture.MountPoint, $"127.0.0.1:{port}");
        other.Stop();
        await greet;
    }

    [Fact]
    public async Task AMountPointThatDoesNotExistComesWithTheCommandThatMakesIt()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await FailsAsync(fixture, fixture.Source, fixture.MountPoint + "/absent", "mkdir -p");
    }

    [Fact]
    public async Task AMountPointThatIsNotEmptyIsRefused()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await File.WriteAllTextAsync(fixture.MountPoint + "/mine", "");
        await FailsAsync(fixture, fixture.Source, fixture.MountPoint, "not empty");
    }

    [Fact]
    public async Task AMountPointThatIsAFileIsRefused()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        string file = Path.Combine(fixture.Folder, "file");
        await File.WriteAllTextAsync(file, "");
        await FailsAsync(fixture, fixture.Source, file, "not a directory");
    }

    [Fact]
    public async Task AMountPointThatIsMountedAlreadyIsRefused()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync();
        CliResult result = await CliProgram.RunAsync("mount", fixture.Source, fixture.MountPoint);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("umount", result.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("fuse.datastorefs", fixture.MountedType());
    }

    [Fact]
    public async Task AMountPointWhereTheUserMayNotMountIsRefused()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();

        // The program where "nobody" can read it; the mount point stays root's, as does the folder around it.
        DirectoryInfo copy = Directory.CreateTempSubdirectory("datastorefs-nobody-");
        try
        {
            await CliProgram.RunAsync(
                CliProgram.StartProgram(
                    "/bin/sh", ["-c", $"cp -r {AppContext.BaseDirectory}. {copy.FullName}/ && chmod -R a+rX {copy.FullName}"], null));
            CliResult result = await CliProgram.RunAsync(CliProgram.StartProgram(
                "/usr/bin/setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", $"{copy.FullName}/DataStoreFS.Cli", "mount", fixture.Source, fixture.MountPoint],
                new Dictionary<string, string> { ["HOME"] = "/nonexistent", ["XDG_RUNTIME_DIR"] = "" }));
            Assert.Equal(1, result.ExitCode);
            Assert.Contains(fixture.MountPoint, result.ErrorLine, StringComparison.Ordinal);
            Assert.Contains("ermission", result.ErrorLine, StringComparison.Ordinal);
            Assert.Null(fixture.MountedType());
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task AMissingTokenIsSaidAndARightOneIsNeitherInTheProcessListNorInTheLog()
    {
        const string token = "s3cret-and-long-0123456789";
        await using CliFixture fixture = await CliFixture.StartAsync(token);
        await FailsAsync(fixture, $"{fixture.Source}/0", fixture.MountPoint, "token");

        string file = Path.Combine(fixture.Folder, "token");
        string log = Path.Combine(fixture.Folder, "log");
        await File.WriteAllTextAsync(file, token + "\n");
        await fixture.MountAsync("--token-file", file, "--verbose", "--log", log);
        _ = await File.ReadAllBytesAsync($"{fixture.MountPoint}/export.n5/setup0/timepoint0/s0/0/0/0");
        CliResult processes = await CliProgram.RunAsync(
            CliProgram.StartProgram("/bin/sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"], null));
        Assert.Contains(file, processes.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, processes.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, await File.ReadAllTextAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTokenMayComeFromTheEnvironment()
    {
        const string token = "another-token-0123456789";
        await using CliFixture fixture = await CliFixture.StartAsync(token);
        CliResult result = await CliProgram.RunAsync(CliProgram.Start(
            ["mount", $"{fixture.Source}/0", fixture.MountPoint], new Dictionary<string, string> { ["DATASTOREFS_TOKEN"] = token }));
        Assert.Equal(new CliResult(0, "", ""), result);
    }

    [Fact]
    public async Task ALogFileBelowTheMountPointIsWrongUsage()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        CliResult result = await CliProgram.RunAsync("mount", fixture.Source, fixture.MountPoint, "--log", fixture.MountPoint + "/log");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("below the mount point", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpsAtAPortThatSpeaksHttpIsSaid()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        CliResult result = await CliProgram.RunAsync("info", fixture.Source.Replace("http:", "https:", StringComparison.Ordinal));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("If not, write http://", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALogFileThatCannotBeOpenedIsNamed()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        CliResult result = await CliProgram.RunAsync("mount", fixture.Source, fixture.MountPoint, "--log", "/nowhere/at/all");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("/nowhere/at/all", result.ErrorLine, StringComparison.Ordinal);
    }

    private static async Task FailsAsync(CliFixture fixture, string source, string mountPoint, string says)
    {
        CliResult background = await CliProgram.RunAsync("mount", source, mountPoint, "--timeout", "5s");
        Assert.Equal((1, ""), (background.ExitCode, background.Output));
        Assert.Contains(says, background.ErrorLine, StringComparison.Ordinal);

        CliResult foreground = await CliProgram.RunAsync("mount", "-f", source, mountPoint, "--timeout", "5s");
        Assert.Equal((1, ""), (foreground.ExitCode, foreground.Output));
        Assert.Equal(background.ErrorLine, foreground.ErrorLine);
        Assert.Null(fixture.MountedType());
    }

    /// <summary>A server of another protocol: greets and hangs up.</summary>
    private static async Task GreetAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync("220 mail.example ESMTP\r\n"u8.ToArray());
            }
        }
        catch (SocketException)
        {
            // stopped
        }
    }
}
