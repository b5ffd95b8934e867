using System.Buffers.Binary;
using DataStoreFS.Caching;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.Caching.Disk;

public sealed class DiskTierTests : DiskTierFixture
{
    [Fact]
    public async Task WhatWasKeptIsReadAgainWithItsTime()
    {
        DiskTier tier = OpenRegistered();
        DateTimeOffset fetched = Time.GetUtcNow();
        await Keep(tier, At(3, 2, 1), 7, fetched);

        TierAnswer answer = await tier.ReadAsync(At(3, 2, 1), true, CancellationToken.None);

        Assert.True(answer.Known);
        Assert.Equal(fetched, answer.Fetched);
        Assert.Equal(new Size3(10, 10, 10), answer.Block!.Size);
        answer.Block.Release();
        Assert.Null(await Value(tier, At(3, 2, 2)));
        Assert.Equal((1, 1, 1), (tier.Statistics.Hits, tier.Statistics.Misses, tier.Statistics.Written));
    }

    [Fact]
    public async Task ClippedBlocksAtTheEdgeOfALevelAreKept()
    {
        DiskTier tier = OpenRegistered();
        BlockKey edge = At(2, 2, 1, level: 1); // 8 x 8 x 4
        await Keep(tier, edge, 9);

        Assert.Equal(9, await Value(tier, edge));
    }

    [Fact]
    public async Task AMissingBlockIsKnownToBeMissing()
    {
        DiskTier tier = OpenRegistered();
        tier.Keep(At(1), null, Time.GetUtcNow());
        await tier.FlushAsync();

        Assert.Equal(-1, await Value(tier, At(1)));
    }

    [Fact]
    public async Task ARestartFindsEverythingAgain()
    {
        DiskTier first = OpenRegistered();
        await Keep(first, At(1), 11);
        await Close(first);

        DiskTier second = OpenRegistered();

        Assert.Equal(11, await Value(second, At(1)));
        Assert.Equal(1, second.Statistics.Blocks);
    }

    [Fact]
    public async Task TwoProcessesShareTheFolder()
    {
        DiskTier one = OpenRegistered();
        DiskTier other = OpenRegistered();
        await Keep(one, At(1), 11);
        await Keep(other, At(2), 12);

        Assert.Equal((11, 12), (await Value(other, At(1)), await Value(one, At(2))));
        Assert.Equal(2, one.Statistics.Blocks);
    }

    [Fact]
    public async Task ABlockOfAnotherVersionServerDatasetOrTypeIsAnotherBlock()
    {
        DiskTier tier = Open();
        tier.RegisterVolume(Volume(), Server, Timeout.InfiniteTimeSpan);
        tier.RegisterVolume(Volume("1", number: 1), Server, Timeout.InfiniteTimeSpan);
        tier.RegisterVolume(Volume(number: 2), "http://other.example", Timeout.InfiniteTimeSpan);
        tier.RegisterVolume(Volume(uuid: "u-2", number: 3), Server, Timeout.InfiniteTimeSpan);
        tier.RegisterVolume(Volume(type: VoxelType.Int16, number: 4), Server, Timeout.InfiniteTimeSpan);
        tier.RegisterVolume(Volume(number: 5), Server, Timeout.InfiniteTimeSpan);
        await Keep(tier, At(1), 11);

        for (int volume = 1; volume <= 4; volume++)
        {
            Assert.Null(await Value(tier, At(1) with { Volume = volume }));
        }

        Assert.Null(await Value(tier, At(1, timepoint: 1)));
        Assert.Null(await Value(tier, At(1, level: 1)));
        Assert.Equal(11, await Value(tier, At(1) with { Volume = 5 })); // the same dataset mounted twice
    }

    [Fact]
    public async Task ADamagedFileIsAMissAndIsDeleted()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        string file = BlockFiles().Single();
        byte[] intact = File.ReadAllBytes(file);
        int trailer = BlockBuffer.HeaderBytes + 2000;
        int[] ofTrailer = [0, 9, 13, 17, 25, 29, 40, 100, 130];
        foreach (int at in (int[])[0, 5, 100, trailer - 1, .. ofTrailer.Select(offset => trailer + offset), intact.Length - 1])
        {
            byte[] damaged = [.. intact];
            damaged[at] ^= 0x10;
            File.WriteAllBytes(file, damaged);

            Assert.Null(await Value(tier, At(1)));
            Assert.False(File.Exists(file), $"byte {at}");
        }

        foreach (int length in (int[])[0, 10, 64, 256, intact.Length - trailer, trailer, intact.Length - 64, intact.Length - 1])
        {
            File.WriteAllBytes(file, intact[..length]);
            Assert.Null(await Value(tier, At(1)));
        }

        await Keep(tier, At(1), 12);
        Assert.Equal(12, await Value(tier, At(1)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AFileOfTheFormerFormatIsAMissAndIsDeleted(bool isBlock)
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        string file = BlockFiles().Single();
        byte[] now = File.ReadAllBytes(file);
        byte[] image = isBlock ? now[..(BlockBuffer.HeaderBytes + 2000)] : [];
        byte[] header = now[(BlockBuffer.HeaderBytes + 2000)..];
        "DSFSblk1"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), image.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), Crc32C.Compute(header));
        File.WriteAllBytes(file, [.. header, .. image]);

        Assert.Null(await Value(tier, At(1)));

        Assert.Empty(BlockFiles());
        await Keep(tier, At(1), 12);
        Assert.Equal(12, await Value(tier, At(1)));
    }

    [Fact]
    public async Task AFileInAnothersPlaceIsAMiss()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        string first = BlockFiles().Single();
        await Keep(tier, At(2), 22);
        string second = BlockFiles().Single(file => file != first);

        File.Copy(first, second, true);

        Assert.Null(await Value(tier, At(2)));
        Assert.Equal(11, await Value(tier, At(1)));
    }

    [Fact]
    public async Task ALinkInABlocksPlaceIsNotFollowed()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        string file = BlockFiles().Single();
        string elsewhere = Path.Combine(Folder, "elsewhere");
        File.Move(file, elsewhere);
        File.CreateSymbolicLink(file, elsewhere);

        Assert.Null(await Value(tier, At(1)));
        await Keep(tier, At(1), 12);

        Assert.Equal(12, await Value(tier, At(1)));
        Assert.True(File.Exists(elsewhere));
    }

    [Fact]
    public async Task ABlockIsShownNoLongerThanTheMaximumAge()
    {
        DiskTier tier = OpenRegistered(maxAge: TimeSpan.FromMinutes(10));
        await Keep(tier, At(1), 11);
        Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(11, await Value(tier, At(1)));

        Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(await Value(tier, At(1)));

        await Keep(tier, At(1), 12);
        Assert.Equal(12, await Value(tier, At(1)));
    }

    [Fact]
    public async Task ATimeInTheFutureIsNotFresh()
    {
        DiskTier tier = OpenRegistered(maxAge: TimeSpan.FromMinutes(10));
        await Keep(tier, At(1), 11, Time.GetUtcNow() + TimeSpan.FromDays(1));

        Assert.Null(await Value(tier, At(1)));
    }

    [Fact]
    public async Task WithAMaximumAgeOfZeroNothingIsKept()
    {
        DiskTier tier = OpenRegistered(maxAge: TimeSpan.Zero);
        await Keep(tier, At(1), 11);

        Assert.Null(await Value(tier, At(1)));
        Assert.Empty(BlockFiles());
    }

    [Fact]
    public async Task ABlockOfTheWrongSizeIsNotTaken()
    {
        DiskTier tier = OpenRegistered();
        BlockBuffer block = Pool.Rent(100);
        tier.Keep(At(1), block, Time.GetUtcNow());
        block.Release();
        await tier.FlushAsync();

        Assert.Empty(BlockFiles());
    }

    [Fact]
    public async Task OffersBeyondTheQueueAreDroppedAndCounted()
    {
        DiskTier tier = OpenRegistered();
        BlockBuffer block = Block(At(0, level: 1), 1);
        long offers = 2 * DiskWriter.QueueBytes / block.Length;
        for (int i = 0; i < offers; i++)
        {
            tier.Keep(At(i % 2, i / 2 % 2, level: 1), block, Time.GetUtcNow());
        }

        block.Release();
        await tier.FlushAsync();
        DiskTierStatistics statistics = tier.Statistics;

        Assert.Equal(offers, statistics.Written + statistics.Refused);
        Assert.True(statistics.Written > 0);
    }

    [Fact]
    public async Task OffersBeyondTheQueueAreWrittenLaterFromMemory()
    {
        // 80 blocks of 512 KiB, each once: more than the queue keeps the voxels of.
        VolumeInfo large = Large();
        DiskTier tier = Open(size: 1 << 30);
        tier.RegisterVolume(large, Server, Timeout.InfiniteTimeSpan);
        tier.Memory = key => Block(key, (ushort)key.X, large);
        for (int x = 0; x < 80; x++)
        {
            BlockBuffer block = Block(At(x), (ushort)x, large);
            tier.Keep(At(x), block, Time.GetUtcNow());
            block.Release();
        }

        await tier.FlushAsync();

        Assert.Equal((80, 80), (tier.Statistics.Blocks, tier.Statistics.Written));
        Assert.Equal(79, await Value(tier, At(79)));
    }

    private static VolumeInfo Large()
    {
        VolumeInfo small = Volume();
        LevelInfo level = new(0, new Size3(1, 1, 1), new Size3(80 * 64, 64, 64), new Size3(64, 64, 64));
        SetupInfo setup = new() { Index = 0, Id = 0, Name = "s", ChannelId = 0, AngleId = 0, Version = "0", Levels = [level] };
        return new VolumeInfo
        {
            Volume = 0,
            Uuid = "large",
            RequestedVersion = "0",
            ResolvedVersion = "0",
            VoxelType = small.VoxelType,
            Dimensions = level.Dimensions,
            VoxelSize = small.VoxelSize,
            Versions = small.Versions,
            TimepointIds = small.TimepointIds,
            Setups = [setup],
        };
    }

    [Fact]
    public async Task ReadersDuringWritesSeeWholeBlocks()
    {
        DiskTier writing = OpenRegistered();
        DiskTier reading = OpenRegistered();
        Task writer = Task.Run(async () =>
        {
            for (ushort value = 1; value <= 300; value++)
            {
                await Keep(writing, At(1), value);
            }
        });
        int last = 0;
        while (!writer.IsCompleted)
        {
            int value = await Value(reading, At(1)) ?? last; // Value checks that all voxels are of one write
            Assert.True(value >= last);
            last = value;
        }

        await writer;
        Assert.Equal(300, await Value(reading, At(1)));
        Assert.Equal(0, reading.Statistics.Damaged);
    }

    [Fact]
    public async Task AFolderThatIsDeletedIsMadeAgain()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        Directory.Delete(Folder, true);

        Assert.Null(await Value(tier, At(1)));
        await Keep(tier, At(1), 12); // finds it gone and makes it
        await Keep(tier, At(1), 13);

        Assert.Equal(13, await Value(tier, At(1)));
        Assert.Equal(1, tier.Statistics.Blocks);
    }
}
