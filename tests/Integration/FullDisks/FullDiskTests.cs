using System.Runtime.CompilerServices;
using DataStoreFS.Model;
using DataStoreFS.Server;
using Integration.Cli;
using Integration.Crash;
using Integration.Mounts;

namespace Integration.FullDisks;

/// <summary>
/// Small disks as tmpfs in a mount namespace of the programs' own, with the command line's daemon in it. The server refuses what is posted until
/// the script makes the file <c>healed</c>.
/// </summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private static readonly VolumeInfo s_volume = Volumes.Make(
        "0", [0], [0], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(512, 512, 48), new Size3(64, 64, 16)));

    private readonly string _folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
    private DataStoreServer _server = null!;

    public async Task InitializeAsync()
    {
        foreach (string name in new[] { "origin", "mount", "disk", "blocks" })
        {
            Directory.CreateDirectory(Path.Join(_folder, name));
        }

        DatasetWriter.Write(Path.Join(_folder, "origin"), s_volume, static _ => true);
        foreach (BlockKey key in TestVoxels.AllBlocks(s_volume))
        {
            await File.WriteAllBytesAsync(Path.Join(_folder, "blocks", NameOf(key)), BlockPattern.FileOf(s_volume, key, 1));
        }

        Faults faults = new();
        string healed = Path.Join(_folder, "healed");
        faults.Script = http => http.Request.Method == "POST" && !File.Exists(healed) ? FaultAction.Status(503, "not yet") : null;
        _server = await DataStoreServer.StartAsync(
            new DataStoreServerOptions { Folder = Path.Join(_folder, "origin"), Urls = ["http://127.0.0.1:0"], Faults = faults });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, true);
    }

    [MountTheory]
    [InlineData("16MiB", "64m")] // the limit is what is full
    [InlineData("1GiB", "8m")] // the disk is
    public async Task AFullJournalRefusesWritesLosesNothingAndGoesOnWhenTheServerTakesThem(string journalSize, string diskSize)
    {
        string output = await RunAsync(
            diskSize,
            $"--read-write --write-back journal --journal disk/journal --journal-size {journalSize} --overlay overlay --timeout 2s",
            $"""
            python3 {Script()} mount blocks > first
            grep -q ENOSPC first
            touch healed
            python3 {Script()} --sync mount $(grep ' ok$' first | cut -d' ' -f1)
            mkdir -p again && for name in $(grep ENOSPC first | cut -d' ' -f1 | head -20); do cp blocks/$name again; done
            python3 {Script()} mount again > second
            cat first second
            """);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] written = [.. lines.Where(l => l.EndsWith(" ok", StringComparison.Ordinal)).Select(l => l[..^3])];
        Assert.True(written.Length is > 30 && written.Length < lines.Length, output);
        Assert.All(lines, l => Assert.True(l.EndsWith(" ok", StringComparison.Ordinal) || l.EndsWith(" ENOSPC", StringComparison.Ordinal), l));
        Assert.All(lines[^20..], l => Assert.EndsWith(" ok", l, StringComparison.Ordinal));
        foreach (BlockKey key in TestVoxels.AllBlocks(s_volume))
        {
            byte[] expected = written.Contains(NameOf(key)) ? BlockPattern.FileOf(s_volume, key, 1) : TestVoxels.FileOf(s_volume, key);
            Assert.True(expected.AsSpan().SequenceEqual(Stored(key)), $"{key}");
        }
    }

    [MountFact]
    public async Task AFullOverlayRefusesFilesLosesNoneAndLeavesBlocksAlone()
    {
        BlockKey key = new(0, 0, 0, 0, 3, 3, 1);
        await RunAsync(
            "1m",
            "--read-write --overlay disk/overlay --journal journal",
            $"""
            touch healed
            block=mount/export.n5/setup0/timepoint0/s0/3/3/1
            cat mount/export.xml > xml
            echo settings > mount/export.settings.xml
            dd if=/dev/zero of=mount/big bs=64k count=100 2> complaint && exit 1
            grep -q 'No space left on device' complaint
            test "$(cat mount/export.settings.xml)" = settings
            (cat xml xml >> mount/export.xml) 2> complaint && exit 1
            grep -q 'No space left on device' complaint
            cmp xml mount/export.xml
            cp blocks/3-3-0 mount/export.n5/setup0/timepoint0/s0/3/3/.tmp 2> complaint && exit 1
            grep -q 'No space left on device' complaint
            cp blocks/3-3-1 $block
            cmp blocks/3-3-1 $block
            rm mount/big
            echo more >> mount/export.settings.xml
            echo '<!-- mine -->' >> mount/export.xml
            test "$(tail -1 mount/export.xml)" = '<!-- mine -->'
            cp blocks/3-3-0 mount/export.n5/setup0/timepoint0/s0/3/3/.tmp
            mv mount/export.n5/setup0/timepoint0/s0/3/3/.tmp mount/export.n5/setup0/timepoint0/s0/3/3/0
            test "$(cat mount/export.settings.xml | tr '\n' ' ')" = "settings more "
            """);
        Assert.Equal(BlockPattern.FileOf(s_volume, key, 1), Stored(key));
        Assert.Equal(BlockPattern.FileOf(s_volume, key with { Z = 0 }, 1), Stored(key with { Z = 0 }));
    }

    [MountFact]
    public async Task AFullCacheDiskIsNoErrorAndTheCacheFillsWhenSpaceReturns()
    {
        string output = await RunAsync(
            "2m",
            "--disk-cache disk/cache,64MiB --cache-size 1MiB --prefetch off",
            """
            diff -r mount/export.n5/setup0/timepoint0 origin/scripted/0/export.n5/setup0/timepoint0
            diff -r mount/export.n5/setup0/timepoint0 origin/scripted/0/export.n5/setup0/timepoint0
            mount -o remount,size=64m tmpfs disk
            $datastorefs refresh mount
            diff -r mount/export.n5/setup0/timepoint0 origin/scripted/0/export.n5/setup0/timepoint0
            $datastorefs refresh mount
            diff -r mount/export.n5/setup0/timepoint0 origin/scripted/0/export.n5/setup0/timepoint0
            du -sm disk/cache | cut -f1
            """);
        Assert.InRange(int.Parse(output, System.Globalization.CultureInfo.InvariantCulture), 5, 64);
    }

    /// <summary>
    /// Runs a script beside a mount that uses a small disk at <c>disk</c>; both see it, nobody else does. Ends with an orderly unmount.
    /// </summary>
    private async Task<string> RunAsync(string diskSize, string options, string script)
    {
        string[] environment =
        [
            $"DOTNET_ROOT={Path.GetFullPath(Path.Join(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."))}",
        ];
        CommandResult result = await Command.RunAsync("env", [.. environment, "unshare", "--mount", "/bin/sh", "-ec", $"""
            cd {_folder}
            datastorefs={CliProgram.Path}
            mount -t tmpfs -o size={diskSize} tmpfs disk
            $datastorefs mount {_server.Url.GetLeftPart(UriPartial.Authority)}/datasets/{s_volume.Uuid}/0 mount {options} --log log
            trap '$datastorefs umount --lazy mount 2> /dev/null || true' EXIT
            {script}
            $datastorefs umount mount
            """]);
        string log = File.Exists(Path.Join(_folder, "log")) ? string.Join('\n', File.ReadLines(Path.Join(_folder, "log")).TakeLast(20)) : "";
        Assert.True(result.ExitCode == 0, $"{result}\n{log}");
        return result.Output;
    }

    private byte[] Stored(BlockKey key) =>
        File.ReadAllBytes(
            Path.Join(_folder, "origin", s_volume.Uuid, "0", "export.n5", "setup0", "timepoint0", "s0", $"{key.X}", $"{key.Y}", $"{key.Z}"));

    private static string NameOf(BlockKey key) => $"{key.X}-{key.Y}-{key.Z}";

    private static string Script([CallerFilePath] string here = "") => Path.Join(Path.GetDirectoryName(here), "write_blocks.py");
}
