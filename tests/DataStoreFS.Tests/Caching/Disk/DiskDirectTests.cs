using System.Runtime.InteropServices;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Win32.SafeHandles;

namespace DataStoreFS.Tests.Caching.Disk;

/// <summary>Reads past the page cache: when, and that nothing but their speed depends on them.</summary>
public sealed partial class DiskDirectTests : DiskTierFixture
{
    private const int IoError = 5;
    private const int Invalid = 22;
    private const int NotSupported = 95;

    private readonly PlayedDirectCalls _calls = new();

    // Bytes of an image beyond a whole page, and so where the trailer of 192 bytes lies: inside the block's memory, up to its end, over it, and
    // outside.
    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(4096 - 194)]
    [InlineData(4096 - 192)]
    [InlineData(4096 - 190)]
    [InlineData(4096 - 64)]
    [InlineData(4096 - 2)]
    [InlineData(4096)]
    public async Task ImagesOfAllSizesAreReadBothWays(int beyond)
    {
        VolumeInfo volume = Row((8192 + beyond - BlockBuffer.HeaderBytes) / 2);
        DiskTier tier = Open(calls: _calls);
        tier.RegisterVolume(volume, Server, Timeout.InfiniteTimeSpan);
        BlockBuffer block = Block(At(0), 7, volume);
        Assert.Equal(8192 + beyond, block.Length);
        tier.Keep(At(0), block, Time.GetUtcNow());
        block.Release();
        await tier.FlushAsync();
        Assert.Equal(8192 + beyond + 192, new FileInfo(BlockFiles().Single()).Length);
        BlockBuffer neighbour = Block(At(0), 0xabab, volume);

        Assert.Equal(7, await Value(tier, At(0)));
        Assert.Equal(1, tier.DirectReads);
        _calls.Residency = Residency.InMemory;
        Assert.Equal(7, await Value(tier, At(0)));
        Assert.Equal(1, tier.DirectReads);

        Assert.Equal(-1, neighbour.Payload.IndexOfAnyExcept((byte)0xab));
        neighbour.Release();
    }

    [Fact]
    public async Task DamageIsFoundInWhatWasReadPastThePageCache()
    {
        DiskTier tier = OpenRegistered(calls: _calls);
        await Keep(tier, At(1), 11);
        string file = BlockFiles().Single();
        byte[] intact = File.ReadAllBytes(file);
        foreach (int at in (int[])[0, 1000, 2015, 2016, 2016 + 30, intact.Length - 1])
        {
            byte[] damaged = [.. intact];
            damaged[at] ^= 1;
            File.WriteAllBytes(file, damaged);

            Assert.Null(await Value(tier, At(1)));
            Assert.False(File.Exists(file), $"byte {at}");
        }

        Assert.Equal((6, 6), (tier.DirectReads, tier.Statistics.Damaged));
    }

    [Fact]
    public async Task WhatThePageCacheHasIsTakenFromThere()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);

        Assert.Equal(11, await Value(tier, At(1)));

        Assert.Equal(0, tier.DirectReads);
    }

    [Fact]
    public async Task WhatThePageCacheHasGivenUpIsReadPastIt()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        bool can;
        using (SafeFileHandle file = File.OpenHandle(BlockFiles().Single(), FileMode.Open, FileAccess.ReadWrite))
        {
            const int DoNotNeed = 4;
            RandomAccess.FlushToDisk(file);
            Assert.Equal(0, Advise(file, 0, 0, DoNotNeed));
            DiskDirectCalls kernel = new();
            int fd = (int)file.DangerousGetHandle();
            can = kernel.ResidencyOf(fd, 2016) == Residency.OnDisk && kernel.SetDirect(fd, true); // not on tmpfs, not before Linux 6.5
        }

        Assert.Equal(11, await Value(tier, At(1)));

        Assert.Equal(can ? 1 : 0, tier.DirectReads);
    }

    [Theory]
    [InlineData(Invalid)]
    [InlineData(NotSupported)]
    public async Task AFileSystemThatRefusesToBeginIsAskedOnce(int error)
    {
        _calls.SetError = error;
        await ReadsAllTheSame();

        Assert.Equal((1, 0, 0), (_calls.Set, _calls.Reads, _calls.Cleared));
    }

    [Fact]
    public async Task AFileSystemThatRefusesToReadIsAskedOnce()
    {
        _calls.ReadError = Invalid;
        await ReadsAllTheSame();

        Assert.Equal((1, 1, 1), (_calls.Set, _calls.Reads, _calls.Cleared));
    }

    [Fact]
    public async Task AFailedReadIsTriedThroughThePageCacheAndSaysNothingOfTheNextOne()
    {
        _calls.ReadError = IoError;
        await ReadsAllTheSame();

        Assert.Equal((3, 3), (_calls.Reads, _calls.Cleared));
    }

    [Fact]
    public async Task AShortReadIsCompletedThroughThePageCache()
    {
        VolumeInfo volume = Row(10000);
        DiskTier tier = Open(calls: _calls);
        tier.RegisterVolume(volume, Server, Timeout.InfiniteTimeSpan);
        BlockBuffer block = Block(At(0), 7, volume);
        tier.Keep(At(0), block, Time.GetUtcNow());
        block.Release();
        await tier.FlushAsync();
        _calls.ReadsAtMost = 4096;

        Assert.Equal(7, await Value(tier, At(0)));

        Assert.Equal((1, 1, 0), (_calls.Reads, _calls.Cleared, tier.DirectReads));
    }

    [Fact]
    public async Task AKernelThatCannotTellIsAskedOnce()
    {
        _calls.Residency = Residency.CannotTell;
        await ReadsAllTheSame();

        Assert.Equal((1, 0), (_calls.Asked, _calls.Set));
    }

    [Fact]
    public async Task BesideAnotherProcessThePageCacheIsUsed()
    {
        DiskTier tier = OpenRegistered(calls: _calls);
        await Keep(tier, At(1), 11);
        Assert.Equal(11, await Value(tier, At(1)));
        Assert.Equal(1, tier.DirectReads);

        DiskTier other = OpenRegistered(calls: new PlayedDirectCalls());
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(11, await Value(tier, At(1)));
        Assert.Equal(11, await Value(other, At(1)));
        Assert.Equal((1, 0), (tier.DirectReads, other.DirectReads));

        await Close(other);
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(11, await Value(tier, At(1)));
        Assert.Equal(2, tier.DirectReads);
    }

    [Fact]
    public async Task AProcessIsStillSeenAfterTheFolderWasMadeAgain()
    {
        DiskTier one = OpenRegistered(calls: _calls);
        DiskTier other = OpenRegistered();
        Directory.Delete(Folder, true);
        await Keep(one, At(1), 11); // finds it gone and makes it
        await Keep(other, At(2), 12);
        await Keep(one, At(1), 11);
        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(11, await Value(one, At(1)));

        Assert.Equal(0, one.DirectReads);
    }

    [Fact]
    public async Task MissingBlocksAndTombstonesAreReadAsEver()
    {
        DiskTier tier = OpenRegistered(calls: _calls);
        tier.Keep(At(1), null, Time.GetUtcNow());
        await tier.FlushAsync();
        tier.Drop(At(2));

        Assert.Equal(-1, await Value(tier, At(1)));
        Assert.Null(await Value(tier, At(2)));

        Assert.Equal(0, _calls.Asked);
    }

    private async Task ReadsAllTheSame()
    {
        DiskTier tier = OpenRegistered(calls: _calls);
        for (int x = 0; x < 3; x++)
        {
            await Keep(tier, At(x), (ushort)(x + 1));
        }

        for (int x = 0; x < 3; x++)
        {
            Assert.Equal(x + 1, await Value(tier, At(x)));
        }

        Assert.Equal((0, 0), (tier.DirectReads, tier.Statistics.Damaged));
    }

    /// <summary>One block of so many voxels in a row.</summary>
    private static VolumeInfo Row(int voxels)
    {
        VolumeInfo usual = Volume();
        LevelInfo level = new(0, new Size3(1, 1, 1), new Size3(voxels, 1, 1), new Size3(voxels, 1, 1));
        return new VolumeInfo
        {
            Volume = 0,
            Uuid = "row",
            RequestedVersion = "0",
            ResolvedVersion = "0",
            VoxelType = usual.VoxelType,
            Dimensions = level.Dimensions,
            VoxelSize = usual.VoxelSize,
            Versions = usual.Versions,
            TimepointIds = usual.TimepointIds,
            Setups = [new SetupInfo { Index = 0, Id = 0, Name = "s", ChannelId = 0, AngleId = 0, Version = "0", Levels = [level] }],
        };
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
