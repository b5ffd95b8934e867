using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using DataStoreFS.Server;
using Integration.Cli;
using Integration.Mounts;
using Mono.Unix.Native;

namespace Integration.Warming;

public sealed class WarmVerbTests
{
    [Fact]
    public async Task AMountFindsWhatWasWarmedWhenTheServerIsGone()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        CliResult warmed = await fixture.WarmAsync("--level", "1", "--timepoint", "3,5");
        Assert.Equal((0, ""), (warmed.ExitCode, warmed.Errors));
        long asked = fixture.Server.Counters.BlockRequests;
        await fixture.MountAsync("--disk-cache", fixture.DiskCache, "--prefetch", "off");
        fixture.Faults.Script = _ => FaultAction.Close();

        await fixture.AssertReadsAsync(key => key.Level == 1 && key.Timepoint < 2);

        Assert.Equal(asked, fixture.Server.Counters.BlockRequests);
        Assert.StartsWith("warm: 48 blocks: 36 fetched (", warmed.Output, StringComparison.Ordinal);
        Assert.Contains(", 12 missing on the server, which is remembered; ", warmed.Output, StringComparison.Ordinal);
        Assert.Equal(36, fixture.Server.Counters.BlocksRead);
    }

    [Fact]
    public async Task ASecondRunAsksForNoBlocksAndAWiderOneForTheRest()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.WarmAsync("--setup", "4");
        long asked = fixture.Server.Counters.BlockRequests;
        CliResult again = await fixture.WarmAsync("--setup", "4");
        Assert.Equal(asked, fixture.Server.Counters.BlockRequests);

        CliResult wider = await fixture.WarmAsync();

        const int One = WarmFixture.AllBlocks / 2;
        Assert.Equal((0, ""), (again.ExitCode, again.Errors));
        Assert.StartsWith($"warm: {One} blocks: {One} were there; ", again.Output, StringComparison.Ordinal);
        Assert.StartsWith($"warm: {WarmFixture.AllBlocks} blocks: 99 fetched (", wider.Output, StringComparison.Ordinal);
        Assert.Contains($", {One} were there, 18 missing on the server", wider.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestsAreShared()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.WarmAsync();
        Assert.InRange(fixture.Server.Counters.BlockRequests, 1, WarmFixture.AllBlocks / 2);
    }

    [Fact]
    public async Task AVersionThatMayChangeIsWarmedWithAWarning()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        CliResult warmed = await CliProgram.RunAsync(
            "warm", fixture.Source[..^1] + "mixedLatest", "--disk-cache", fixture.DiskCache, "--setup", "0", "--level", "0", "--timepoint", "9");
        Assert.Equal(0, warmed.ExitCode);
        Assert.Contains("mixedLatest may still change", warmed.Errors, StringComparison.Ordinal);
        Assert.Contains("3 missing on the server, which is asked again since", warmed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASelectionThatDoesNotFitIsSaidUpFront()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        CliResult warmed = await CliProgram.RunAsync("warm", fixture.Source, "--disk-cache", fixture.Cache + ",16MiB");
        Assert.Equal(0, warmed.ExitCode);
        Assert.Contains("but it may hold 16 MiB: ", warmed.Errors, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task OnASmallDiskTheOldestGo()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        CliResult warmed = await OnDiskAsync(fixture, "4m");
        Assert.Equal(0, warmed.ExitCode);
        Assert.Contains("but its disk has room for 4 MiB: ", warmed.Errors, StringComparison.Ordinal);
        Assert.Matches(@"^warm: 234 blocks: 198 fetched .* [1-9]\d* older ones had to go for them; ", warmed.Output);
    }

    [MountFact]
    public async Task ADiskThatTakesNothingIsNotFetchedFor()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        CliResult warmed = await OnDiskAsync(fixture, "64k");
        Assert.Equal((1, ""), (warmed.ExitCode, warmed.Output));
        Assert.Contains($"datastorefs: the disk cache {fixture.Cache} takes no more blocks; ", warmed.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsInterruptedStaysAndTheNextRunGoesOn()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        FaultAction stall = FaultAction.Wait(gate.Task);
        fixture.Faults.Script = _ => fixture.Server.Counters.BlocksRead > 40 ? stall : null;
        using Process warm = CliProgram.Start(["warm", fixture.Source, "--disk-cache", fixture.DiskCache]);
        await stall.Reached.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(0, Syscall.kill(warm.Id, Signum.SIGINT));
        CliResult interrupted = await CliProgram.RunAsync(warm);
        fixture.Faults.Clear();
        gate.SetResult();
        CliResult rest = await fixture.WarmAsync();

        Assert.Equal((130, ""), (interrupted.ExitCode, interrupted.Output));
        Match stopped = Regex.Match(
            interrupted.Errors, @"^warm: stopped after (\d+) of 234 blocks, which stay; the same command goes on from there\n$");
        Match continued = Regex.Match(rest.Output, @"^warm: 234 blocks: (\d+) fetched .*, (\d+) were there");
        Assert.True(stopped.Success && continued.Success, interrupted.Errors + rest.Output);
        Assert.InRange(Number(stopped), 1, 233);
        Assert.InRange(Number(continued, 2), Number(stopped), 233); // what was on its way may have come as well
    }

    [Fact]
    public async Task AServerThatGoesAwayEndsItWithOneLineMore()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        fixture.Faults.Script = http => http.Request.Path.Value!.Split('/').Length > 8 ? FaultAction.Close() : null;
        CliResult failed = await fixture.WarmAsync("--timeout", "3s");
        Assert.Equal((1, ""), (failed.ExitCode, failed.Output));
        Assert.Contains("warm: stopped after ", failed.Errors, StringComparison.Ordinal);
        Assert.StartsWith("datastorefs: ", failed.Errors.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--setup 1", "has no setup 1;")]
    [InlineData("--timepoint 0-3", "has no timepoint 0;")]
    [InlineData("--level 2", "has no level 2;")]
    [InlineData("--level 1-0", "--level: '1-0' is not a list of ids")]
    [InlineData("--setup x", "--setup: 'x' is not a list of ids")]
    [InlineData("--max-age 0", "keeps nothing")]
    [InlineData("--disk-cache /tmp/x", "--disk-cache: '/tmp/x' is not a folder and a size")]
    [InlineData("--disk-cache /tmp/x,1MiB", "--disk-cache is below 16 MiB")]
    public async Task WhatCannotBeMeantIsOneLineAndExitCode2(string options, string says)
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        string[] given = options.Split(' ');
        string[] disk = given[0] == "--disk-cache" ? [] : ["--disk-cache", fixture.DiskCache];
        CliResult result = await CliProgram.RunAsync(["warm", fixture.Source, .. disk, .. given]);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(says, result.ErrorLine, StringComparison.Ordinal);
        Assert.Equal(0, fixture.Server.Counters.BlockRequests);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/datasets/u", "--disk-cache DIR,SIZE")]
    [InlineData("http://127.0.0.1:1 --disk-cache /tmp/x,1GiB", "whole server")]
    [InlineData("http://ann:pw@h/datasets/u --disk-cache /tmp/x,1GiB", "--token-file")]
    [InlineData("/proc/self", "is in no mounted dataset (it is on proc)")]
    public async Task WhatIsNoPlaceToWarmIsOneLineAndExitCode2(string args, string says)
    {
        CliResult result = await CliProgram.RunAsync(["warm", .. args.Split(' ')]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(says, result.ErrorLine, StringComparison.Ordinal);
        Assert.DoesNotContain("pw@", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APathIsWarmedThroughItsMount()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.MountAsync("--disk-cache", fixture.DiskCache, "--prefetch", "off");
        CliResult warmed = await CliProgram.RunAsync("warm", $"{fixture.MountPoint}/export.n5/setup0/timepoint5", "--level", "1");
        CliResult again = await CliProgram.RunAsync("warm", $"{fixture.MountPoint}/export.n5/setup0/timepoint5/s1");
        CliResult column = await CliProgram.RunAsync("warm", $"{fixture.MountPoint}/export.n5/setup4/timepoint5/s0/0/2");
        CliResult file = await CliProgram.RunAsync("warm", $"{fixture.MountPoint}/export.n5/setup4/timepoint5/s0/0/0/0");
        await CliProgram.RunAsync("umount", fixture.MountPoint);
        long asked = fixture.Server.Counters.BlockRequests;

        // Of another mount, which knows nothing but the folder.
        await fixture.MountAsync("--disk-cache", fixture.DiskCache, "--prefetch", "off");
        await fixture.AssertReadsAsync(key => key is { Setup: 0, Timepoint: 1, Level: 1 } or { Setup: 1, Timepoint: 1, Level: 0, X: 0, Y: 2 });

        Assert.Equal((0, ""), (warmed.ExitCode, warmed.Errors));
        Assert.StartsWith("warm: 12 blocks: 12 fetched (", warmed.Output, StringComparison.Ordinal);
        Assert.StartsWith("warm: 12 blocks: 12 were there; ", again.Output, StringComparison.Ordinal);
        Assert.StartsWith("warm: 3 blocks: 3 fetched (", column.Output, StringComparison.Ordinal);
        Assert.StartsWith("warm: 1 blocks: 1 fetched (", file.Output, StringComparison.Ordinal);
        Assert.Equal(asked, fixture.Server.Counters.BlockRequests);
    }

    [Fact]
    public async Task MissingFilesOfAMountThatTellsAreCounted()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.MountAsync("--disk-cache", fixture.DiskCache, "--prefetch", "off", "--missing", "absent");
        CliResult warmed = await CliProgram.RunAsync("warm", fixture.MountPoint, "--level", "1", "--setup", "0", "--timepoint", "3,9");
        Assert.Equal((0, ""), (warmed.ExitCode, warmed.Errors));
        Assert.StartsWith("warm: 24 blocks: 18 fetched (", warmed.Output, StringComparison.Ordinal);
        Assert.Contains(", 6 missing on the server; ", warmed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APathThatCannotBeWarmedSaysWhy()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.MountAsync();
        string images = $"{fixture.MountPoint}/export.n5";
        await AssertFailsAsync(1, "has no disk cache to fill; mount it with --disk-cache", fixture.MountPoint);
        Assert.Equal(0, (await CliProgram.RunAsync("umount", fixture.MountPoint)).ExitCode);

        await fixture.MountAsync("--disk-cache", fixture.DiskCache);
        await AssertFailsAsync(2, "--disk-cache is for an http:// address", images, "--disk-cache", fixture.DiskCache);
        await AssertFailsAsync(2, "has no setup 7", images, "--setup", "7");
        await AssertFailsAsync(2, "has no timepoint 3", images + "/setup0/timepoint5", "--timepoint", "3");
        await AssertFailsAsync(1, "setup9 does not exist", images + "/setup9");
        await AssertFailsAsync(2, "is no image or block", images + "/setup0/attributes.json");
        Assert.Equal(0, fixture.Server.Counters.BlockRequests);
    }

    [Fact]
    public async Task AMountWhoseServerRefusesIsNotReadToTheEnd()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.MountAsync("--disk-cache", fixture.DiskCache, "--prefetch", "off");
        fixture.Faults.Script = _ => FaultAction.Status(401, "no token"); // not tried again, unlike what time may cure
        CliResult failed = await CliProgram.RunAsync("warm", fixture.MountPoint);
        Assert.Equal((1, ""), (failed.ExitCode, failed.Output));
        Assert.Matches(
            @"^warm: stopped after 1\d\d of 234 blocks, .*\ndatastorefs: cannot read .*/setup0/.*: Permission denied; 'datastorefs status' .*\n$",
            failed.Errors);
    }

    [Fact]
    public async Task ABlockThatCannotBeReadIsToldAtTheEnd()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        fixture.Faults.Script = http =>
            http.Request.Path.Value!.Contains("/2/2/1/0/", StringComparison.Ordinal)
                && http.Request.Path.Value.Contains("/0/0/1/3/0/0", StringComparison.Ordinal)
            ? FaultAction.LieAboutSize(1, 1, 1)
            : null;
        CliResult failed = await fixture.WarmAsync();
        Assert.Equal(1, failed.ExitCode);
        Assert.Matches(@"^warm: 234 blocks: 1\d\d fetched ", failed.Output);
        Assert.Matches(@"^datastorefs: \d+ blocks could not be fetched; the first: .*\n$", failed.Errors);
    }

    [Fact]
    public async Task AnInterruptedReaderOfAMountEndsCleanly()
    {
        await using WarmFixture fixture = await WarmFixture.StartAsync();
        await fixture.MountAsync("--disk-cache", fixture.DiskCache, "--prefetch", "off");
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        FaultAction stall = FaultAction.Wait(gate.Task);
        fixture.Faults.Script = _ => fixture.Server.Counters.BlocksRead > 20 ? stall : null;
        using Process warm = CliProgram.Start(["warm", fixture.MountPoint]);
        await stall.Reached.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(0, Syscall.kill(warm.Id, Signum.SIGTERM));
        fixture.Faults.Clear();
        gate.SetResult(); // what the kernel has been asked for is waited for
        CliResult interrupted = await CliProgram.RunAsync(warm);

        Assert.Equal((130, ""), (interrupted.ExitCode, interrupted.Output));
        Assert.StartsWith("warm: stopped after ", interrupted.Errors, StringComparison.Ordinal);
    }

    private static int Number(Match match, int group = 1) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    /// <summary>With the disk cache on a disk of that size, in a mount namespace of the program's own.</summary>
    private static Task<CliResult> OnDiskAsync(WarmFixture fixture, string size)
    {
        const string Script = "mkdir -m 700 $2 && mount -t tmpfs -o size=$3,mode=700 tmpfs $2 && exec $0 warm $1 --disk-cache $2,1GiB";
        string[] args = ["--mount", "sh", "-c", Script, CliProgram.Path, fixture.Source, fixture.Cache, size];
        return CliProgram.RunAsync(CliProgram.StartProgram("/usr/bin/unshare", args, null));
    }

    private static async Task AssertFailsAsync(int code, string says, params string[] args)
    {
        CliResult result = await CliProgram.RunAsync(["warm", .. args]);
        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.Contains(says, result.ErrorLine, StringComparison.Ordinal);
    }
}
