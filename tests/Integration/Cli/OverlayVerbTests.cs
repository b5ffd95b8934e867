using System.Globalization;
using DataStoreFS.Overlay;
using Integration.Mounts;

namespace Integration.Cli;

/// <summary>What a user sees of an overlay, and that what was discarded is gone for programs too.</summary>
public class OverlayVerbTests
{
    [MountFact]
    public async Task ListAndDiffShowWhatProgramsHaveWritten()
    {
        await using CliFixture fixture = await MountedAsync();
        Assert.Equal(new CliResult(0, "", ""), await CliProgram.RunAsync("overlay", "list", fixture.MountPoint));
        string sizes = await Command.ShellAsync($"""
            cd {fixture.MountPoint}; sed -i 's/<SpimData /<SpimData changed="yes" /' export.xml; echo settings > export.settings.xml
            rm export.n5/attributes.json; mkdir export.n5/setup0/interestpoints.n5; ln -s x export.n5/setup0/interestpoints.n5/link; stat -c %s export.xml
            """);
        OverlayLines lines = OverlayLines.Parse((await CliProgram.RunAsync("overlay", "list", fixture.MountPoint, "--json")).Output);
        Assert.Equal(
            [
                new OverlayLine("export.n5/attributes.json", "file", 0, OverlayDifference.Removed),
                new OverlayLine("export.n5/setup0/interestpoints.n5", "folder", 0, OverlayDifference.Added),
                new OverlayLine("export.n5/setup0/interestpoints.n5/link", "link", 0, OverlayDifference.Added),
                new OverlayLine("export.settings.xml", "file", 9, OverlayDifference.Added),
                new OverlayLine("export.xml", "file", long.Parse(sizes, CultureInfo.InvariantCulture), OverlayDifference.Changed),
            ],
            lines.Changes);
        CliResult one = await CliProgram.RunAsync("overlay", "list", fixture.MountPoint, $"{fixture.MountPoint}/export.n5");
        Assert.Equal(3, one.Output.Count(c => c == '\n'));
        Assert.StartsWith("removed", one.Output, StringComparison.Ordinal);

        string diff = (await CliProgram.RunAsync("overlay", "diff", fixture.MountPoint)).Output;
        Assert.Contains("\n--- dataset/export.xml\n+++ overlay/export.xml\n@@ -1,5 +1,5 @@\n", "\n" + diff, StringComparison.Ordinal);
        Assert.Contains("\n-<SpimData version=", diff, StringComparison.Ordinal);
        Assert.Contains("\n+<SpimData changed=\"yes\" version=", diff, StringComparison.Ordinal);
        Assert.Contains("Only in the overlay: export.settings.xml\n", diff, StringComparison.Ordinal);
        Assert.Contains("Removed: export.n5/attributes.json\n", diff, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task WhatIsDiscardedIsTheDatasetsAgainForEveryProgramAtOnce()
    {
        await using CliFixture fixture = await MountedAsync();
        string root = fixture.MountPoint;
        string original = await Command.RunCleanAsync("cat", root + "/export.xml");
        foreach (int round in new[] { 1, 2 })
        {
            await Command.ShellAsync(
                $"cd {root}; echo changed {round} > export.xml; cat export.xml; mkdir -p dir/sub; echo x > dir/sub/new; "
                    + "cat dir/sub/new; rm export.n5/attributes.json");
            Assert.Equal(
                new CliResult(0, "5 changes were discarded\n", ""),
                await CliProgram.RunAsync("overlay", "discard", root, "export.xml", "dir", root + "/export.n5", "--yes"));
            Assert.Equal(original, await Command.RunCleanAsync("cat", root + "/export.xml"));
            Assert.Equal(
                "export.n5 export.xml attributes.json setup0 ",
                await Command.ShellAsync(
                    $"cd {root}; cat export.n5/attributes.json > /dev/null; test ! -e dir; ls . export.n5 | grep -v : | grep . | tr '\\n' ' '"));
        }
    }

    [MountFact]
    public async Task ABackupThatWasMadeByRenamingStaysWhenTheOriginalComesBack()
    {
        await using CliFixture fixture = await MountedAsync();
        string root = fixture.MountPoint;
        string original = await Command.RunCleanAsync("cat", root + "/export.xml");
        await Command.ShellAsync($"cd {root}; ls -l; echo changed >> export.xml; mv export.xml export.xml~1; cat export.xml~1; test ! -e export.xml");
        Assert.Equal(0, (await CliProgram.RunAsync("overlay", "discard", root, "export.xml", "-y")).ExitCode);
        Assert.Equal(original, await Command.RunCleanAsync("cat", root + "/export.xml"));
        Assert.Equal(original + "changed\n", await Command.RunCleanAsync("cat", root + "/export.xml~1"));
        await Command.ShellAsync(
            $"cd {root}; test \"$(stat -c %i export.xml)\" != \"$(stat -c %i export.xml~1)\"; "
                + "test $(stat -c %s export.xml~1) -gt $(stat -c %s export.xml)");
    }

    [MountFact]
    public async Task AnOpenFileIsNotDiscardedUnderAProgram()
    {
        await using CliFixture fixture = await MountedAsync();
        string file = fixture.MountPoint + "/notes";
        await Command.ShellAsync($"echo x > {file}");
        CliResult result;
        await using (FileStream open = File.OpenRead(file))
        {
            result = await CliProgram.RunAsync("overlay", "discard", fixture.MountPoint, "notes", "--yes");
        }

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("notes is open", result.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("x\n", await Command.RunCleanAsync("cat", file));
    }

    [MountFact]
    public async Task EverythingIsDiscardedOnlyWhenThatIsSaid()
    {
        await using CliFixture fixture = await MountedAsync();
        await Command.ShellAsync($"cd {fixture.MountPoint}; echo x > a; rm export.xml");
        CliResult nothing = await CliProgram.RunAsync("overlay", "discard", fixture.MountPoint, "--yes");
        Assert.Equal(2, nothing.ExitCode);
        Assert.Contains("--all", nothing.ErrorLine, StringComparison.Ordinal);
        CliResult other = await CliProgram.RunAsync("overlay", "discard", fixture.MountPoint, "a", "b", "--yes");
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("no change at b", other.ErrorLine, StringComparison.Ordinal);
        CliResult unasked = await CliProgram.RunAsync(CliProgram.StartProgram(
            "/bin/sh", ["-c", "\"$0\" overlay discard \"$1\" --all < /dev/null", CliProgram.Path, fixture.MountPoint], null));
        Assert.Equal(2, unasked.ExitCode);
        Assert.Contains("--yes", unasked.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("a\nexport.n5\n", await Command.RunCleanAsync("ls", fixture.MountPoint));
        Assert.Equal(
            new CliResult(0, "2 changes were discarded\n", ""),
            await CliProgram.RunAsync("overlay", "discard", fixture.MountPoint, "--all", "--yes"));
        Assert.Equal("export.n5\nexport.xml\n", await Command.RunCleanAsync("ls", fixture.MountPoint));
        Assert.Equal(new CliResult(0, "the overlay is empty\n", ""), await CliProgram.RunAsync("overlay", "discard", fixture.MountPoint, "--all"));
    }

    [MountFact]
    public async Task AnOverlaysFolderIsListedAndDiscardedWithoutAMountButNotUnderOne()
    {
        await using CliFixture fixture = await MountedAsync();
        string folder = Folder(fixture);
        await Command.ShellAsync($"cd {fixture.MountPoint}; echo x > a; echo y > b; rm export.xml");
        CliResult used = await CliProgram.RunAsync("overlay", "discard", "--overlay", folder, "a", "--yes");
        Assert.Equal(1, used.ExitCode);
        Assert.Contains("a mount is using", used.ErrorLine, StringComparison.Ordinal);
        Assert.Equal(0, (await CliProgram.RunAsync("umount", fixture.MountPoint)).ExitCode);
        CliResult list = await CliProgram.RunAsync("overlay", "list", "--overlay", folder);
        Assert.Equal(
            ["removed export.xml", "written a", "written b"],
            list.Output.TrimEnd('\n').Split('\n').Select(
                l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(w => $"{w[0]} {w[^1]}").Order());
        Assert.Equal(2, (await CliProgram.RunAsync("overlay", "diff", "--overlay", folder)).ExitCode);
        Assert.Equal(
            new CliResult(0, "1 change was discarded\n", ""), await CliProgram.RunAsync("overlay", "discard", "--overlay", folder, "a", "--yes"));
        Assert.Equal(
            new CliResult(0, "2 changes were discarded\n", ""),
            await CliProgram.RunAsync("overlay", "discard", "--overlay", folder, "--all", "--yes"));
        CliResult strange = await CliProgram.RunAsync("overlay", "list", "--overlay", fixture.Folder);
        Assert.Equal(2, strange.ExitCode);
        Assert.Contains("no overlay folder", strange.ErrorLine, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task AMountWithoutAnOverlaySaysHowToHaveOne()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync();
        CliResult result = await CliProgram.RunAsync("overlay", "list", fixture.MountPoint);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("--overlay", result.ErrorLine, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task RefusedBlocksAreCountedAndListedWithTheReason()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        string parked = Path.Combine(fixture.Folder, "journal", "parked");
        Directory.CreateDirectory(parked);
        await File.WriteAllBytesAsync(Path.Combine(parked, "00000000000000000007.n5"), new byte[20]);
        await File.WriteAllTextAsync(
            Path.Combine(parked, "00000000000000000007.json"),
            $$"""
            {"uuid":"{{CliFixture.Uuid}}","version":"0","resolution":[1,1,1],"timepoint":2,"channel":5,"angle":0,"block":[1,2,3],
             "time":"2026-11-22T12:00:00Z","reason":"Channel=5 and angle=0\nnot found"}
            """);
        await fixture.MountAsync("--read-write", "--overlay", Folder(fixture), "--journal", Path.Combine(fixture.Folder, "journal"));
        CliResult status = await CliProgram.RunAsync("status", fixture.MountPoint);
        Assert.Contains($"1 blocks, kept in {parked}", status.Output, StringComparison.Ordinal);
        CliResult list = await CliProgram.RunAsync("status", fixture.MountPoint, "--parked");
        Assert.Equal(
            $"2026-11-22 12:00:00Z dataset {CliFixture.Uuid} version 0 level 1,1,1 timepoint 2 channel 5 angle 0 block 1/2/3: "
                + $"Channel=5 and angle=0\\nnot found; kept in {parked}/00000000000000000007.n5\n",
            list.Output);
        Assert.Contains(
            "\"reason\"", (await CliProgram.RunAsync("status", fixture.MountPoint, "--parked", "--json")).Output, StringComparison.Ordinal);
    }

    private static async Task<CliFixture> MountedAsync()
    {
        CliFixture fixture = await CliFixture.StartAsync();
        await fixture.MountAsync("--overlay", Folder(fixture));
        return fixture;
    }

    private static string Folder(CliFixture fixture) => Path.Combine(fixture.Folder, "overlay");
}
