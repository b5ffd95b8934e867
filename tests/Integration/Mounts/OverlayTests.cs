using DataStoreFS.Model;
using DataStoreFS.Mounting;

namespace Integration.Mounts;

/// <summary>Everything that programs write beside the blocks.</summary>
public sealed class OverlayTests
{
    [MountFact]
    public async Task ViewersSaveTheirSettingsBesideAReadOnlyDataset()
    {
        // BigDataViewer's save-settings and BigStitcher's backup-and-rewrite, as the tools do it.
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), static _ => true, s => s with { OverlayFolder = Path.Join(Path.GetDirectoryName(s.MountPoint), "overlay") });
        string root = mounted.Root;
        string original = await Command.RunCleanAsync("cat", root + "/export.xml");
        await Command.ShellAsync($"echo '<Settings/>' > {root}/export.settings.xml");
        for (int save = 1; save <= 3; save++)
        {
            await Command.ShellAsync(
                $"cd {root}; for i in 4 3 2 1; do j=$((i+1)); if [ -e export.xml~$i ]; then cat export.xml~$i > export.xml~$j; fi; done;"
                + $" cat export.xml > export.xml~1; echo '<SpimData save=\"{save}\"/>' > export.xml");
        }

        Assert.Equal("<SpimData save=\"3\"/>\n", await Command.RunCleanAsync("cat", root + "/export.xml"));
        Assert.Equal("<SpimData save=\"2\"/>\n", await Command.RunCleanAsync("cat", root + "/export.xml~1"));
        Assert.Equal(original, await Command.RunCleanAsync("cat", root + "/export.xml~3"));
        Assert.Equal(
            "export.n5\nexport.settings.xml\nexport.xml\nexport.xml~1\nexport.xml~2\nexport.xml~3\n", await Command.RunCleanAsync("ls", root));
        await Command.ShellAsync(
            $"rm {root}/export.xml~2 {root}/export.xml; ls {root}/export.xml 2>/dev/null && exit 1; cat {root}/export.xml~1 > {root}/export.xml");
        CommandResult block = await Command.RunAsync("cp", "/etc/passwd", mounted.PathOf(new DataStoreFS.Model.BlockKey(0, 0, 0, 0, 0, 0, 0)));
        Assert.Contains("Read-only file system", block.Errors, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task AWholeTreeOfOtherFilesLivesInTheOverlay()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), static _ => true, MountedDataset.Writable);
        string work = mounted.Root + "/export.n5/setup0/interestpoints.n5";
        await Command.ShellAsync($"""
            set -e
            mkdir -p {work}/a/b/c && cd {work}
            echo one > a/one; ln a/one a/uno; ln -s one a/sym; mkfifo a/pipe
            echo two >> a/one; test "$(cat a/uno)" = "$(cat a/one)"; test "$(stat -c %i a/uno)" = "$(stat -c %i a/one)"; test "$(readlink a/sym)" = one
            mv a/b d; test -d d/c; mv a/one a/b; test "$(tail -1 a/b)" = two
            exec 3<a/b; rm a/b; test "$(head -1 <&3)" = one; exec 3<&-
            test "$(stat -c %h a/uno)" = 1
            for i in $(seq 300); do echo $i > d/c/file$i; done
            test "$(ls d/c | wc -l)" = 300
            chmod 700 d; chown 1:1 d/c; touch -d 2001-02-03 d/c; test "$(stat -c %a-%u-%Y d d/c | tr '\n' ' ')" = "700-0-$(stat -c %Y d) 755-1-$(stat -c %Y d/c) "
            rm -r d a; test -z "$(ls -A .)"
            rmdir {work}
            """);
        Assert.Equal("attributes.json\ntimepoint3\ntimepoint5\ntimepoint9\n", await Command.RunCleanAsync("ls", mounted.Root + "/export.n5/setup0"));
    }

    [MountFact]
    public async Task WhatIsInTheOverlayIsThereAgainAtTheNextMount()
    {
        string overlay = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        try
        {
            foreach (int round in new[] { 1, 2, 3 })
            {
                await using MountedDataset mounted = await MountedDataset.StartAsync(
                    Volumes.Small(), static _ => true, s => MountedDataset.Writable(s) with { OverlayFolder = overlay });
                string lines = await Command.ShellAsync(
                    $"cd {mounted.Root}/export.n5/setup4; echo {round} >> notes; sed -i 's/$/!/' attributes.json; cat notes");
                Assert.Equal(round, lines.Count(c => c == '\n'));
                Assert.EndsWith(
                    new string('!', round),
                    (await Command.RunCleanAsync("cat", mounted.Root + "/export.n5/setup4/attributes.json")).TrimEnd('\n'),
                    StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(overlay, true);
        }
    }

    [MountFact]
    public async Task AFolderOfBlocksThatIsChangedBetweenTheirWritesShowsTheChangeAtOnce()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), static _ => false, s => MountedDataset.Writable(s) with { Missing = MissingBlocks.Absent });
        string block = Path.Join(mounted.Scratch, "block");
        BlockKey key = new(0, 0, 0, 0, 1, 1, 1);
        await File.WriteAllBytesAsync(block, TestVoxels.FileOf(mounted.Volume, key));
        string target = mounted.PathOf(key);
        string folder = Path.GetDirectoryName(target)!;
        await Command.ShellAsync($"""
            set -e
            for mode in 750 705 755; do
                cp {block} {target}; stat -c %a {folder} >/dev/null
                chmod $mode {folder}
                cp {block} {target}
                test "$(stat -c %a {folder})" = $mode
            done
            mkdir {folder}/sub
            cp {block} {target}
            test -d {folder}/sub
            """);
    }

    [MountFact]
    public async Task AWritableTreeIsStillWalkedAndCopiedWithoutAComplaint()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), static k => (k.X + k.Y + k.Z) % 2 == 0, s => MountedDataset.Writable(s) with { Missing = MissingBlocks.Absent });
        await Command.ShellAsync($"echo x > {mounted.Root}/export.n5/setup0/timepoint3/s0/0/0/.tmp; echo y > {mounted.Root}/beside");
        await Command.RunCleanAsync("ls", "-lR", mounted.Root);
        await Command.RunCleanAsync("du", mounted.Root);
        await Command.RunCleanAsync("rsync", "-a", mounted.Root + "/", mounted.Scratch + "/copy/");
        Assert.Equal(string.Empty, await Command.RunCleanAsync("rsync", "-anOi", "--omit-dir-times", mounted.Root + "/", mounted.Scratch + "/copy/"));
        await Command.RunCleanAsync("diff", "-r", mounted.Root, mounted.Scratch + "/copy");
    }
}
