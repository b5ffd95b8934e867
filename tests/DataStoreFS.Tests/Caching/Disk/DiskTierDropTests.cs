using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;

namespace DataStoreFS.Tests.Caching.Disk;

public sealed class DiskTierDropTests : DiskTierFixture
{
    [Fact]
    public async Task ADroppedBlockIsUnknown()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        tier.Drop(At(1));

        Assert.Null(await Value(tier, At(1)));
    }

    [Fact]
    public async Task WhatWasAskedForBeforeTheChangeDoesNotComeBack()
    {
        DiskTier tier = OpenRegistered();
        DateTimeOffset before = Time.GetUtcNow();
        tier.Drop(At(1));
        await Keep(tier, At(1), 11, before);
        Assert.Null(await Value(tier, At(1)));

        await Keep(tier, At(1), 12);
        Assert.Equal(12, await Value(tier, At(1)));
    }

    [Fact]
    public async Task AnotherProcessDoesNotBringItBackEither()
    {
        DiskTier writing = OpenRegistered();
        DiskTier reading = OpenRegistered();
        DateTimeOffset before = Time.GetUtcNow();
        writing.Drop(At(1));
        await Keep(reading, At(1), 11, before);

        Assert.Null(await Value(reading, At(1)));
        Assert.Null(await Value(writing, At(1)));
    }

    [Fact]
    public async Task AnOlderAnswerDoesNotReplaceANewerOne()
    {
        DiskTier tier = OpenRegistered();
        DateTimeOffset before = Time.GetUtcNow();
        await Keep(tier, At(1), 12);
        await Keep(tier, At(1), 11, before);

        Assert.Equal(12, await Value(tier, At(1)));
    }

    [Fact]
    public async Task AnOfferThatWaitedTooLongIsNotWritten()
    {
        DiskTier tier = OpenRegistered();
        DateTimeOffset before = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromMinutes(6));
        await Keep(tier, At(1), 11, before);

        Assert.Null(await Value(tier, At(1)));
    }

    [Fact]
    public async Task ADatasetIsDroppedHereAndForLaterMountsAlsoWhileItIsNotMounted()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        tier.DropDataset("another");
        Assert.Equal(11, await Value(tier, At(1)));
        await Close(tier);

        DiskTier other = Open();
        other.RegisterVolume(Volume(uuid: "u-2"), Server, Timeout.InfiniteTimeSpan);
        other.DropDataset(Volume().Uuid);
        await Close(other);

        DiskTier later = OpenRegistered();
        Assert.Null(await Value(later, At(1)));
        await Keep(later, At(1), 12);
        later.DropDataset(Volume().Uuid);
        Assert.Null(await Value(later, At(1)));
    }

    [Fact]
    public async Task ARefreshHidesEverythingHereAndInLaterMounts()
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        tier.DropVolume(0);
        Assert.Null(await Value(tier, At(1)));
        await Keep(tier, At(2), 12);
        await Close(tier);

        DiskTier later = OpenRegistered();

        Assert.Null(await Value(later, At(1)));
        Assert.Equal(12, await Value(later, At(2)));
    }

    [Fact]
    public async Task AfterAPowerCutDuringWritingNothingOfTheDatasetIsTrusted()
    {
        DiskTier writing = OpenRegistered();
        await Keep(writing, At(1), 11);
        await Keep(writing, At(2), 12);
        writing.Drop(At(1)); // its tombstone may or may not reach the disk; the mark has

        DiskTier afterwards = OpenRegistered(boot: "boot2");

        Assert.Null(await Value(afterwards, At(2)));
        await Keep(afterwards, At(2), 13);
        Assert.Equal(13, await Value(afterwards, At(2)));

        // Only once: the mark is gone.
        Assert.Equal(13, await Value(OpenRegistered(boot: "boot2"), At(2)));
    }

    [Fact]
    public async Task AfterACleanEndOfWritingABootKeepsTheBlocks()
    {
        DiskTier writing = OpenRegistered();
        await Keep(writing, At(1), 11);
        await Keep(writing, At(2), 12);
        writing.Drop(At(1));
        await Close(writing);

        DiskTier afterwards = OpenRegistered(boot: "boot2");

        Assert.Equal(12, await Value(afterwards, At(2)));
        Assert.Null(await Value(afterwards, At(1)));
    }

    [Fact]
    public async Task ADamagedFloorTrustsNothingOlder()
    {
        DiskTier first = OpenRegistered();
        await Keep(first, At(1), 11);
        first.DropVolume(0);
        await Keep(first, At(2), 12);
        await Close(first);
        string floor = Directory.GetFiles(Path.Combine(Folder, "volumes")).Single();
        File.WriteAllBytes(floor, [1, 2, 3]);

        DiskTier second = OpenRegistered();

        Assert.Null(await Value(second, At(2)));
        await Keep(second, At(2), 13);
        Assert.Equal(13, await Value(second, At(2)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task RandomOperationsOfTwoProcessesNeverShowAnOldBlock(int seed)
    {
        // The server's truth: a value per block that only grows. Answers are asked for, then kept in any order, in between blocks change.
        Random random = new(seed);
        Dictionary<BlockKey, ushort> truth = [];
        List<(BlockKey Key, ushort Value, DateTimeOffset Fetched)> underWay = [];
        DiskTier[] processes = [OpenRegistered(), OpenRegistered()];
        for (int step = 0; step < 1500; step++)
        {
            BlockKey key = At(random.Next(4), random.Next(2));
            ushort current = truth.GetValueOrDefault(key, (ushort)1);
            DiskTier process = processes[random.Next(2)];
            switch (random.Next(10))
            {
                case < 3:
                    underWay.Add((key, current, Time.GetUtcNow()));
                    break;
                case < 6 when underWay.Count > 0:
                    int index = random.Next(underWay.Count);
                    (BlockKey Key, ushort Value, DateTimeOffset Fetched) arrived = underWay[index];
                    underWay.RemoveAt(index);
                    await Keep(process, arrived.Key, arrived.Value, arrived.Fetched);
                    break;
                case 6:
                    truth[key] = (ushort)(current + 1);
                    process.Drop(key);
                    break;
                case 7 when random.Next(20) == 0:
                    int restarted = random.Next(2);
                    await Close(processes[restarted]);
                    processes[restarted] = OpenRegistered();
                    break;
                default:
                    int? value = await Value(process, key);
                    Assert.True(value is null || value == current, $"step {step}: {key} shows {value}, is {current}");
                    break;
            }
        }
    }
}
