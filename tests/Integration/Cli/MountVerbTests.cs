using System.Diagnostics;
using System.Text.Json;

namespace Integration.Cli;

public class MountVerbTests
{
    [Fact]
    public async Task MountReturnsWhenTheTreeIsReadableAndUmountWhenItIsGone()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync();
        Assert.Equal("fuse.datastorefs", fixture.MountedType());
        Assert.Equal(["export.n5", "export.xml"], Directory.GetFileSystemEntries(fixture.MountPoint).Select(Path.GetFileName).Order());
        Assert.Contains("bdv.n5", await File.ReadAllTextAsync($"{fixture.MountPoint}/export.xml"), StringComparison.Ordinal);
        Assert.Equal(16 + (64 * 64 * 16 * 2), (await File.ReadAllBytesAsync($"{fixture.MountPoint}/export.n5/setup0/timepoint0/s0/0/0/0")).Length);

        Assert.Equal(new CliResult(0, "", ""), await CliProgram.RunAsync("umount", fixture.MountPoint));
        Assert.Null(fixture.MountedType());
        Assert.Empty(Directory.GetFileSystemEntries(fixture.MountPoint));
    }

    [Fact]
    public async Task OptionsInAListReachTheMount()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync("-o", "rw,_netdev,missing=absent,cache_size=64MiB,fsname=embryo");
        using JsonDocument status = JsonDocument.Parse((await CliProgram.RunAsync("status", fixture.MountPoint, "--json")).Output);
        Assert.Equal("absent", status.RootElement.GetProperty("missing").GetString());
        Assert.Equal(64L << 20, status.RootElement.GetProperty("cacheBudget").GetInt64());
        Assert.False(status.RootElement.GetProperty("readWrite").GetBoolean());
        Assert.Contains(" embryo ", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mount.datastorefs")]
    [InlineData("/sbin/mount.fuse.datastorefs")]
    public async Task AMountHelperMountsAnFstabLine(string name)
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        CliResult result = await CliProgram.RunAsAsync(
            name, $"{fixture.Source}/0", fixture.MountPoint, "-n", "-o", "rw,noexec,nosuid,nodev,user=ann,_netdev");
        Assert.Equal(new CliResult(0, "", ""), result);
        Assert.Equal("fuse.datastorefs", fixture.MountedType());
    }

    [Fact]
    public async Task AMountHelperAnswersWithTheExitCodesOfMountPrograms()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        Assert.Equal(32, (await CliProgram.RunAsAsync("mount.datastorefs", $"{fixture.Source}/7", fixture.MountPoint, "-o", "rw")).ExitCode);
        Assert.Equal(1, (await CliProgram.RunAsAsync("mount.datastorefs", fixture.Source, fixture.MountPoint, "-o", "misssing=zeros")).ExitCode);
        Assert.Equal(0, (await CliProgram.RunAsAsync("mount.datastorefs", fixture.Source, fixture.MountPoint, "-f")).ExitCode);
        Assert.Null(fixture.MountedType());
    }

    [Fact]
    public async Task WhatAKilledDaemonLeftIsClearedByTheNextMount()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync();
        await KillDaemonAsync(fixture);
        Assert.Throws<IOException>(() => Directory.GetFileSystemEntries(fixture.MountPoint));

        CliResult again = await CliProgram.RunAsync("mount", $"{fixture.Source}/0", fixture.MountPoint);
        Assert.Equal(0, again.ExitCode);
        Assert.NotEmpty(Directory.GetFileSystemEntries(fixture.MountPoint));
    }

    [Fact]
    public async Task WhatAKilledDaemonLeftIsClearedByUmount()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync();
        await KillDaemonAsync(fixture);
        Assert.Equal(0, (await CliProgram.RunAsync("umount", fixture.MountPoint)).ExitCode);
        Assert.Null(fixture.MountedType());
    }

    [Fact]
    public async Task UmountSaysThatFilesAreOpenAndLazilyUnmountsAllTheSame()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync();
        using (FileStream open = File.OpenRead($"{fixture.MountPoint}/export.xml"))
        {
            CliResult busy = await CliProgram.RunAsync("umount", fixture.MountPoint);
            Assert.Equal(1, busy.ExitCode);
            Assert.Contains(fixture.MountPoint, busy.ErrorLine, StringComparison.Ordinal);
            Assert.Equal(0, (await CliProgram.RunAsync("umount", "--lazy", fixture.MountPoint)).ExitCode);
        }

        Assert.Null(fixture.MountedType());
    }

    [Fact]
    public async Task ALogFileTellsWhatHappened()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        string log = Path.Combine(fixture.Folder, "log");
        await fixture.MountAsync("--log", log);
        await CliProgram.RunAsync("umount", fixture.MountPoint);
        string text = await File.ReadAllTextAsync(log);
        Assert.Contains($"{fixture.Source}/0", text, StringComparison.Ordinal);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning) \S", line));
    }

    [Fact]
    public async Task RefreshIsAnsweredByTheDaemon()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync();
        Assert.Equal(new CliResult(0, "", ""), await CliProgram.RunAsync("refresh", fixture.MountPoint));
        Assert.Contains("answers", (await CliProgram.RunAsync("status", fixture.MountPoint)).Output, StringComparison.Ordinal);
    }

    /// <summary>SIGKILL, and waits until the kernel has noticed: its connection is gone then.</summary>
    private static async Task KillDaemonAsync(CliFixture fixture)
    {
        using JsonDocument status = JsonDocument.Parse((await CliProgram.RunAsync("status", fixture.MountPoint, "--json")).Output);
        using var daemon = Process.GetProcessById(status.RootElement.GetProperty("processId").GetInt32());
        daemon.Kill();
        await daemon.WaitForExitAsync();
    }
}
