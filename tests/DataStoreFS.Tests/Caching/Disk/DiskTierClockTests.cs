using DataStoreFS.Caching.Disk;

namespace DataStoreFS.Tests.Caching.Disk;

/// <summary>The clock is set back: what is on the disk is of the future. Nothing that changed may be shown as it was.</summary>
public sealed class DiskTierClockTests : DiskTierFixture
{
    public static TheoryData<TimeSpan> Steps => new(TimeSpan.FromSeconds(30), TimeSpan.FromHours(1));

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task ADroppedBlockStaysDropped(TimeSpan step)
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        Time.SetClock(-step);
        tier.Drop(At(1));
        await Keep(tier, At(1), 12);
        Assert.NotEqual(11, await Value(tier, At(1)));

        Time.Advance(2 * step);
        Assert.NotEqual(11, await Value(tier, At(1)));
        await Keep(tier, At(1), 13);
        Assert.Equal(13, await Value(tier, At(1)));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task ARefreshHidesWhatThisProcessKeptBefore(TimeSpan step)
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        Time.SetClock(-step);
        tier.DropVolume(0);
        Assert.Null(await Value(tier, At(1)));

        Time.Advance(2 * step);
        Assert.Null(await Value(tier, At(1)));
        await Keep(tier, At(1), 12);
        Assert.Equal(12, await Value(tier, At(1)));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task ADroppedDatasetStaysDroppedInLaterMounts(TimeSpan step)
    {
        DiskTier tier = OpenRegistered();
        await Keep(tier, At(1), 11);
        Time.SetClock(-step);
        tier.DropDataset(Volume().Uuid);
        await Close(tier);
        Assert.Null(await Value(OpenRegistered(), At(1)));
    }

    [Fact]
    public async Task ARefreshHidesWhatThisProcessHasOnlyRead()
    {
        DiskTier other = OpenRegistered();
        await Keep(other, At(1), 11);
        DiskTier tier = OpenRegistered();
        Time.SetClock(TimeSpan.FromSeconds(-30));
        Assert.Equal(11, await Value(tier, At(1)));
        tier.DropVolume(0);
        Assert.Null(await Value(tier, At(1)));
    }

    [Fact]
    public async Task APauseOfTheWriterIsNotLonger()
    {
        const int NoMoreThanTwo = 2 * 4096;
        DiskTier tier = OpenRegistered(size: NoMoreThanTwo);
        tier.Drop(At(1));
        tier.Drop(At(2));
        await Keep(tier, At(3), 13); // no room: tombstones stay for ten minutes
        Assert.Null(await Value(tier, At(3)));
        foreach (string tombstone in BlockFiles())
        {
            File.Delete(tombstone);
        }

        Time.SetClock(TimeSpan.FromHours(-1));
        Time.Advance(TimeSpan.FromSeconds(2));
        await Keep(tier, At(3), 13);
        Assert.Equal(13, await Value(tier, At(3)));
    }
}
