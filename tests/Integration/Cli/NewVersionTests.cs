using System.Text.Json;
using Integration.Mounts;

namespace Integration.Cli;

/// <summary>Version words on a mount that writes: how many versions the server has afterwards, and which one has the block.</summary>
public class NewVersionTests
{
    private const string Block = "export.n5/setup0/timepoint0/s2/0/0/0";

    [MountTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NewMakesOneVersionOnceAndSaysItsNumber(bool foreground)
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        string log = Path.Combine(fixture.Folder, "log");
        string[] args = ["mount", $"{fixture.Source}/new", fixture.MountPoint, "--read-write", "--log", log, .. Folders(fixture)];
        const string Says = "made version 2; mount ";
        if (foreground)
        {
            using System.Diagnostics.Process mount = CliProgram.Start([.. args, "-f"]);
            string? line = await mount.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal($"{Says}{fixture.Source}/2 to go on with it", line);
            await UseAsync(fixture);
            Assert.Equal(0, (await CliProgram.RunAsync("umount", fixture.MountPoint)).ExitCode);
            Assert.Equal(0, (await CliProgram.RunAsync(mount)).ExitCode);
        }
        else
        {
            Assert.Equal(new CliResult(0, $"{Says}{fixture.Source}/2 to go on with it\n", ""), await CliProgram.RunAsync(args));
            await UseAsync(fixture);
            Assert.Equal(0, (await CliProgram.RunAsync("umount", fixture.MountPoint)).ExitCode);
        }

        Assert.Equal("0, 1, 2", await VersionsAsync(fixture));
        Assert.True(File.Exists(StoredBlock(fixture, 2)));
        Assert.Single((await File.ReadAllLinesAsync(log)), line => line.Contains("version 2 was made", StringComparison.Ordinal));
    }

    [Fact]
    public async Task NewWithoutReadWriteIsRefusedAndMakesNothing()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        CliResult result = await CliProgram.RunAsync("mount", $"{fixture.Source}/new", fixture.MountPoint);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("--read-write", result.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("0, 1", await VersionsAsync(fixture));
    }

    [MountFact]
    public async Task NewThatCannotBeMountedSaysWhatItMade()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        string folder = Path.Combine(fixture.Folder, "file");
        await File.WriteAllTextAsync(folder, "");
        string journal = Path.Combine(fixture.Folder, "journal");
        CliResult result = await CliProgram.RunAsync(
            "mount", $"{fixture.Source}/new", fixture.MountPoint, "--read-write", "--overlay", folder, "--journal", journal);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("version 2 was made, but is not mounted: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains($"mount {fixture.Source}/2 once", result.Errors, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task LatestWritesIntoTheVersionThatItWasWhenItWasMounted()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        Assert.False(File.Exists(StoredBlock(fixture, 1)));
        CliResult result = await CliProgram.RunAsync(["mount", $"{fixture.Source}/latest", fixture.MountPoint, "--read-write", .. Folders(fixture)]);
        Assert.Equal(new CliResult(0, "", ""), result);
        await UseAsync(fixture);
        Assert.True(File.Exists(StoredBlock(fixture, 1)));
        Assert.Equal("0, 1", await VersionsAsync(fixture));
    }

    private static string[] Folders(CliFixture fixture) =>
        ["--overlay", Path.Combine(fixture.Folder, "overlay"), "--journal", Path.Combine(fixture.Folder, "journal")];

    /// <summary>Version 0's block becomes the mounted version's.</summary>
    private static Task<string> UseAsync(CliFixture fixture) =>
        Command.ShellAsync(
            $"ls -lR {fixture.MountPoint} > /dev/null; cp {StoredBlock(fixture, 0)} {fixture.MountPoint}/{Block}; "
                + $"cat {fixture.MountPoint}/{Block} > /dev/null");

    private static string StoredBlock(CliFixture fixture, int version) =>
        Path.Combine(fixture.Folder, "store", CliFixture.Uuid, version.ToString(System.Globalization.CultureInfo.InvariantCulture), Block);

    private static async Task<string> VersionsAsync(CliFixture fixture)
    {
        using HttpClient client = new();
        using JsonDocument json = JsonDocument.Parse(await client.GetStringAsync(new Uri(fixture.Source)));
        return string.Join(", ", json.RootElement.GetProperty("versions").EnumerateArray().Select(v => v.GetInt32()));
    }
}
