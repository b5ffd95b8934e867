using DataStoreFS.Model;
using DataStoreFS.Mounting;

namespace Integration.Mounts;

/// <summary>What programs read through the kernel, and how many messages that costs.</summary>
public sealed class ReadingTests
{
    private static readonly BlockKey s_edge = new(0, 0, 1, 0, 2, 2, 2);
    private static readonly BlockKey s_full = new(0, 1, 0, 0, 0, 0, 0);

    [MountFact]
    public async Task BlockFilesAreTheHeaderAndTheVoxelsWhereverAProgramReads()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small());
        foreach (BlockKey key in new[] { s_edge, s_full })
        {
            string copy = Path.Join(mount.Scratch, "copy");
            byte[] expected = TestVoxels.FileOf(mount.Volume, key);
            await Command.RunCleanAsync("cp", mount.PathOf(key), copy);
            Assert.Equal(expected, await File.ReadAllBytesAsync(copy));
            string middle = await Command.ShellAsync($"dd if={mount.PathOf(key)} bs=1 skip=11 count=30 status=none | od -An -v -tx1 | tr -d ' \\n'");
            Assert.Equal(Convert.ToHexStringLower(expected.AsSpan(11, 30)), middle);
            Assert.Equal(
                $"{expected.Length} {(expected.Length + 511) / 512}\n", await Command.RunCleanAsync("stat", "-c", "%s %b", mount.PathOf(key)));
        }
    }

    [MountFact]
    public async Task ASecondReadOfABlockSendsNoMessage()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small());
        await Command.RunCleanAsync("md5sum", mount.PathOf(s_full));
        long before = MountedDataset.MessagesOf(mount.Mount);
        await Command.RunCleanAsync("md5sum", mount.PathOf(s_full));
        Assert.Equal(before, MountedDataset.MessagesOf(mount.Mount));
    }

    [MountFact]
    public async Task WalkingTheWholeTreeFetchesNothing()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small(), script: s => s.Exists = static k => k.X == 0);
        string all = await Command.RunCleanAsync("find", mount.Root);
        string files = await Command.RunCleanAsync("find", mount.Root, "-type", "f", "-path", "*/s?/*/*/*");
        Assert.Equal(2 * 3 * ((3 * 3 * 3) + (2 * 2 * 3)), files.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("setup4/timepoint9/s1/1/1/2", all, StringComparison.Ordinal);
        await Command.RunCleanAsync("ls", "-lR", mount.Root);
        await Command.RunCleanAsync("du", "-s", mount.Root);
        Assert.Equal(0, mount.Store.Fetches);
    }

    [MountFact]
    public async Task AMissingBlockIsZerosBehindItsHeader()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small(), script: s => s.Exists = static _ => false);
        string copy = Path.Join(mount.Scratch, "copy");
        await Command.RunCleanAsync("cp", mount.PathOf(s_edge), copy);
        byte[] bytes = await File.ReadAllBytesAsync(copy);
        Assert.Equal([0, 0, 0, 3, 0, 0, 0, 22, 0, 0, 0, 2, 0, 0, 0, 8], bytes[..16]);
        Assert.Equal(16 + (22 * 2 * 8 * 2), bytes.Length);
        Assert.All(bytes[16..], b => Assert.Equal(0, b));
    }

    [MountFact]
    public async Task WhereMissingBlocksAreToldListingsAndLookupsAgree()
    {
        static bool Exists(BlockKey key) => ((key.X * 7) + (key.Y * 3) + (key.Z * 5) + key.Level + key.Setup) % 3 != 0;
        await using ScriptedMount mount = await ScriptedMount.StartAsync(
            Volumes.Small(), s => s with { Missing = MissingBlocks.Absent }, s => s.Exists = Exists);
        string listing = await Command.RunCleanAsync("find", mount.Root, "-type", "f", "-path", "*/s?/*/*/*");
        HashSet<string> listed = [.. listing.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        foreach (BlockKey key in TestVoxels.AllBlocks(mount.Volume))
        {
            Assert.Equal(Exists(key), listed.Contains(mount.PathOf(key)));
        }

        string absent = mount.PathOf(TestVoxels.AllBlocks(mount.Volume).First(k => !Exists(k)));
        CommandResult result = await Command.RunAsync("cat", absent);
        Assert.Equal((1, $"cat: {absent}: No such file or directory\n"), (result.ExitCode, result.Errors));
        await Command.RunCleanAsync("ls", "-lR", mount.Root);
        await Command.RunCleanAsync("cp", "-r", mount.Root, Path.Join(mount.Scratch, "tree"));
        await Command.ShellAsync($"tar -C {mount.Root} -cf {mount.Scratch}/tree.tar .");
    }

    [MountFact]
    public async Task NamesOutsideTheGridCostNoFetch()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small(), s => s with { Missing = MissingBlocks.Absent });
        string level = Path.Join(mount.Root, "export.n5/setup0/timepoint3/s0");
        foreach (string name in new[] { "3", "0/3", "0/0/3", "0/0/00", "0/0/-1", "0/0/x", "../s2", "../../timepoint4" })
        {
            Assert.NotEqual(0, (await Command.RunAsync("cat", $"{level}/{name}")).ExitCode);
        }

        Assert.Equal(0, mount.Store.Fetches);
    }

    [MountFact]
    public async Task EightProgramsThatAskForOneBlockGetIt()
    {
        await using ScriptedMount mount = await ScriptedMount.StartAsync(Volumes.Small());
        string[] sums = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Command.RunCleanAsync("md5sum", mount.PathOf(s_full))));
        Assert.Single(sums.Distinct());
    }
}
