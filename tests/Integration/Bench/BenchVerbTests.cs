using System.Text.Json;
using Integration.Cli;
using Integration.Server;
using Integration.Transfer;
using Integration.Warming;

namespace Integration.Bench;

public sealed class BenchVerbTests
{
    [Fact]
    public async Task AMountIsMeasuredWithWhatItSaysOfItself()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.MountAsync("--prefetch", "off", "--missing", "absent");
        CliResult result = await CliProgram.RunAsync("bench", fixture.MountPoint, "--files", "12", "--json");
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        using JsonDocument json = JsonDocument.Parse(result.Output);
        JsonElement root = json.RootElement;
        JsonElement[] phases = [.. root.GetProperty("phases").EnumerateArray()];

        Assert.Equal(
            ["seq", "par8", "par8 again", "stat present", "stat missing", "stat missing again"],
            phases.Select(p => p.GetProperty("name").GetString()));
        Assert.Equal([12, 12, 12, 12, 0, 0], phases.Select(p => p.GetProperty("files").GetInt32()));
        Assert.All(phases[..3], p => Assert.True(p.GetProperty("megabytesPerSecond").GetDouble() > 0));
        Assert.All(phases, p => Assert.True(p.GetProperty("p95Milliseconds").GetDouble() >= p.GetProperty("p50Milliseconds").GetDouble()));
        Assert.All(phases[..2], p => Assert.True(p.GetProperty("serverRequests").GetInt64() > 0));
        Assert.Equal([0, 0, 12], phases[..3].Select(p => p.GetProperty("cached").GetInt32()));
        Assert.Equal(0, phases[2].GetProperty("serverRequests").GetInt64());
        Assert.Equal("fuse.datastorefs", root.GetProperty("environment").GetProperty("fileSystem").GetString());
        Assert.Equal("absent", root.GetProperty("environment").GetProperty("mount").GetProperty("missing").GetString());
        Assert.Equal("64 x 64 x 16", root.GetProperty("data").GetProperty("blockSize").GetString());
        Assert.DoesNotContain("127.0.0.1", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(WarmFixture.Volume.Uuid, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.MountPoint, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASecondRunSaysThatItIsNotCold()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.MountAsync();
        await CliProgram.RunAsync("bench", fixture.MountPoint);
        CliResult again = await CliProgram.RunAsync("bench", fixture.MountPoint);
        Assert.Equal((0, ""), (again.ExitCode, again.Errors));
        Assert.Contains("- seq was not cold: ", again.Output, StringComparison.Ordinal);
        Assert.Contains("- par8 was not cold: ", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyTreeIsMeasuredButWhetherItWasColdIsNotKnown()
    {
        using TemporaryFolder folder = new();
        new SampleTree().Write(folder.Path);
        CliResult result = await CliProgram.RunAsync("bench", folder.Path, "--files", "8");
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Contains("whether seq and par8 were cold is not known", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"\nseq +\d+ ", result.Output);
        Assert.Matches(@"\nstat missing again +", result.Output);
        Assert.All(result.Output.Split('\n').Where(line => !line.StartsWith('-')), line => Assert.InRange(line.Length, 0, 120));
    }

    [Theory]
    [InlineData("/proc --files 3", 2, "no N5 container")]
    [InlineData("/nowhere/at/all", 1, "does not exist")]
    [InlineData("/proc --files 0", 2, "--files must lie between")]
    [InlineData("/nowhere/setup0", 1, "does not exist")]
    public async Task WhatIsNoTreeIsOneLine(string args, int code, string says)
    {
        CliResult result = await CliProgram.RunAsync(["bench", .. args.Split(' ')]);
        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.Contains(says, result.ErrorLine, StringComparison.Ordinal);
    }
}
