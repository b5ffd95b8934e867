using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Mounting;

namespace Integration.Mounts;

/// <summary>
/// Views that the server has no address for: a further tile of a channel and angle, of which it finds the first only, and one that was never
/// recorded, for which it has no folder (500 for whole requests).
/// </summary>
public sealed class OutOfReachTests
{
    private static readonly BlockKey s_first = new(0, 0, 1, 0, 1, 1, 1);
    private static readonly BlockKey s_furtherTile = new(0, 2, 1, 0, 1, 1, 1);
    private static readonly BlockKey s_missingView = new(0, 1, 0, 0, 1, 1, 1);

    // {0} a block file elsewhere, {1} the block in the mount, {2} its folder
    public static TheoryData<string, MissingBlocks, bool> Ways()
    {
        TheoryData<string, MissingBlocks, bool> ways = [];
        foreach (string way in (string[])["cp {0} {1}", "dd if={0} of={1} conv=notrunc status=none", "cp {0} {2}/.tmp && mv -f {2}/.tmp {1}"])
        {
            foreach (MissingBlocks missing in (MissingBlocks[])[MissingBlocks.Zeros, MissingBlocks.Absent])
            {
                ways.Add(way, missing, true);
                ways.Add(way, missing, false);
            }
        }

        return ways;
    }

    [MountTheory]
    [MemberData(nameof(Ways))]
    public async Task TheirBlocksAreNeverWritten(string way, MissingBlocks missing, bool isTile)
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.OutOfReach(), null, settings => MountedDataset.Writable(settings) with { Missing = missing });
        BlockKey key = isTile ? s_furtherTile : s_missingView;
        string source = Path.Join(mounted.Scratch, "block");
        await File.WriteAllBytesAsync(source, TestVoxels.FileOf(mounted.Volume, key, edition: 5));
        string target = mounted.PathOf(key);
        CommandResult result = await Command.RunAsync(
            "/bin/sh", "-c", string.Format(CultureInfo.InvariantCulture, way, source, target, Path.GetDirectoryName(target)));
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Read-only file system", result.Errors, StringComparison.Ordinal);
        Assert.Equal(TestVoxels.FileOf(mounted.Volume, s_first), mounted.Stored(s_first));
        Assert.Equal(0, mounted.Server.Counters.BlocksWritten);

        // Others go on.
        await Command.RunCleanAsync("cp", source, mounted.PathOf(s_first));
        Assert.Equal(await File.ReadAllBytesAsync(source), mounted.Stored(s_first));
    }

    [MountTheory]
    [InlineData(MissingBlocks.Zeros)]
    [InlineData(MissingBlocks.Absent)]
    public async Task TheirBlocksAreMissingAndTheRestIsCopiedWithoutAComplaint(MissingBlocks missing)
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.OutOfReach(), null, settings => settings with { Missing = missing });
        string copy = Path.Join(mounted.Scratch, "copy");
        await Command.RunCleanAsync("cp", "-r", mounted.Root, copy);
        string first = Path.Join(copy, mounted.PathOf(s_first)[mounted.Root.Length..]);
        Assert.Equal(TestVoxels.FileOf(mounted.Volume, s_first), await File.ReadAllBytesAsync(first));
        foreach (BlockKey key in (BlockKey[])[s_furtherTile, s_missingView])
        {
            string path = Path.Join(copy, mounted.PathOf(key)[mounted.Root.Length..]);
            Assert.Equal(missing == MissingBlocks.Zeros, File.Exists(path));
            if (missing == MissingBlocks.Zeros)
            {
                Assert.Equal(TestVoxels.ZerosOf(mounted.Volume, key), await File.ReadAllBytesAsync(path));
            }
        }
    }
}
