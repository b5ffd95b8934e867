using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Server;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Mounts;

/// <summary>What a mount finds in a journal that an earlier one left.</summary>
public sealed class ReplayTests
{
    private static readonly BlockKey s_key = new(0, 0, 0, 0, 1, 1, 1);

    [MountFact]
    public async Task BlocksOfVersionsAndDatasetsThatAreGoneAreParkedAndMakeNoVersion()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(),
            _ => false,
            options: folder => new() { Folder = folder, Urls = ["http://127.0.0.1:0"], Quirks = OriginalQuirks.PhantomVersions });
        string journal = Path.Join(mounted.Scratch, "journal");
        VolumeInfo deleted = Numbered(1, Volumes.Small("7", 0, 7), mounted.Volume.Uuid);
        VolumeInfo gone = Numbered(2, Volumes.Small("0"), "gone");
        await LeaveAsync(journal, mounted.Server.Url.ToString().TrimEnd('/'), [mounted.Volume, deleted, gone]);
        using RecordingLog log = new();

        MountSettings settings = mounted.Mount.Settings with
        {
            MountPoint = Directory.CreateDirectory(Path.Join(mounted.Scratch, "second")).FullName,
            ReadWrite = true,
            OverlayFolder = Path.Join(mounted.Scratch, "overlay"),
            JournalFolder = journal,
        };
        await using (DataStoreMount second = await DataStoreMount.StartAsync(settings, log, default))
        {
            WriteBackStatus status = second.Status().WriteBack!;
            Assert.Equal((0, 2, 1), (status.PendingBlocks, status.ParkedBlocks, status.SentBlocks));
        }

        Assert.Equal(TestVoxels.FileOf(mounted.Volume, s_key, edition: 5), mounted.Stored(s_key));
        Assert.Equal(["0"], Directory.EnumerateDirectories(Path.Join(mounted.Origin, mounted.Volume.Uuid)).Select(Path.GetFileName));
        Assert.Equal([mounted.Volume.Uuid], Directory.EnumerateDirectories(mounted.Origin).Select(Path.GetFileName));
        Assert.Contains(log.Errors, line => line.Contains("no version 7 of dataset scripted any more", StringComparison.Ordinal));
        Assert.Contains(log.Errors, line => line.Contains("no version 0 of dataset gone any more", StringComparison.Ordinal));
    }

    private static async Task LeaveAsync(string journal, string server, VolumeInfo[] volumes)
    {
        using NativeBlockPool pool = new();
        WriteBackOptions options = new() { JournalFolder = journal, Server = server, Mode = WriteBackMode.Journal };
        await using WriteBackEngine engine = WriteBackEngine.Open(options, new NobodyThere(), new NobodyListens(), pool, null, NullLogger.Instance);
        foreach (VolumeInfo volume in volumes)
        {
            engine.Add(volume);
            byte[] file = TestVoxels.FileOf(volume, s_key, edition: 5);
            BlockBuffer block = pool.Rent(file.Length);
            file.CopyTo(block.GetSpan());
            await engine.WriteAsync(s_key with { Volume = volume.Volume }, block, CancellationToken.None);
        }
    }

    private static VolumeInfo Numbered(int number, VolumeInfo volume, string uuid) => new()
    {
        Volume = number,
        Uuid = uuid,
        RequestedVersion = volume.RequestedVersion,
        ResolvedVersion = volume.ResolvedVersion,
        VoxelType = volume.VoxelType,
        Dimensions = volume.Dimensions,
        VoxelSize = volume.VoxelSize,
        Versions = volume.Versions,
        TimepointIds = volume.TimepointIds,
        Setups = volume.Setups,
    };

    private sealed class NobodyThere : IBlockWriter
    {
        public Task WriteBlocksAsync(ImageAddress image, IReadOnlyList<BlockWrite> blocks, CancellationToken cancellationToken) =>
            throw new DataStoreException(DataStoreErrorKind.Unreachable, "nobody there");
    }

    private sealed class NobodyListens : IWriteObserver
    {
        public void Written(in BlockKey key, BlockBuffer block)
        {
        }

        public void Dropped(in BlockKey key)
        {
        }

        public void WrittenElsewhere(string uuid)
        {
        }
    }
}
