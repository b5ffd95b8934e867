using DataStoreFS.Caching.Disk;

namespace DataStoreFS.Tests.Caching.Disk;

public sealed class DiskTierRoomTests : DiskTierFixture
{
    private const long FileBytes = 4096; // what a 2 kB block with its header occupies

    [Fact]
    public async Task TheCacheStaysBelowItsSize()
    {
        DiskTier tier = OpenRegistered(100 * FileBytes);
        for (int i = 0; i < 400; i++)
        {
            await Keep(tier, At(i % 32, i / 32), (ushort)i);
            Assert.InRange(tier.Statistics.Bytes, 0, 100 * FileBytes);
        }

        Assert.Equal(BlockFiles().Length, tier.Statistics.Blocks);
        Assert.InRange(BlockFiles().Length, 90, 100);
        Assert.Equal(399, await Value(tier, At(399 % 32, 399 / 32)));
        Assert.True(tier.Statistics.Evicted >= 300);
    }

    [Fact]
    public async Task TheSizeBoundsAllProcessesTogether()
    {
        DiskTier one = OpenRegistered(100 * FileBytes);
        DiskTier other = OpenRegistered(100 * FileBytes);
        for (int i = 0; i < 200; i++)
        {
            await Keep(i % 2 == 0 ? one : other, At(i % 32, i / 32), (ushort)i);
        }

        Assert.InRange(BlockFiles().Length, 90, 100);
    }

    [Fact]
    public async Task WhatWasUsedLongestAgoGoesFirst()
    {
        DiskTier tier = OpenRegistered(40 * FileBytes);
        for (int i = 0; i < 40; i++)
        {
            HashSet<string> before = [.. BlockFiles()];
            await Keep(tier, At(i % 20, i / 20), (ushort)i);
            string file = BlockFiles().Single(f => !before.Contains(f));
            File.SetLastAccessTimeUtc(file, DateTime.UtcNow.AddHours(i - 100));
        }

        Assert.Equal(0, await Value(tier, At(0))); // used now: no longer the oldest
        await Keep(tier, At(0, 2), 100);

        Assert.Equal(0, await Value(tier, At(0)));
        Assert.Null(await Value(tier, At(1)));
        Assert.Equal(39, await Value(tier, At(19, 1)));
    }

    [Fact]
    public async Task ALostIndexIsCountedAgain()
    {
        DiskTier first = OpenRegistered();
        for (int i = 0; i < 20; i++)
        {
            await Keep(first, At(i), (ushort)i);
        }

        await Close(first);
        File.Delete(Path.Combine(Folder, "index"));

        DiskTier second = OpenRegistered();
        await second.FlushAsync();

        Assert.Equal((20, 20 * FileBytes), (second.Statistics.Blocks, second.Statistics.Bytes));
    }

    [Fact]
    public async Task AGarbageIndexDoesNotStopTheCache()
    {
        DiskTier first = OpenRegistered(100 * FileBytes);
        await Keep(first, At(1), 1);
        await Close(first);
        byte[] garbage = new byte[4096];
        Array.Fill(garbage, (byte)0x7f);
        File.WriteAllBytes(Path.Combine(Folder, "index"), garbage);

        DiskTier second = OpenRegistered(100 * FileBytes);
        await Keep(second, At(2), 2); // finds the cache too large, and counts

        Assert.Equal(2, await Value(second, At(2)));
        Assert.Equal(BlockFiles().Length, second.Statistics.Blocks);
    }

    [Fact]
    public async Task HalfWrittenFilesOfKilledProcessesAreCleanedUp()
    {
        DiskTier tier = OpenRegistered(10 * FileBytes);
        await Keep(tier, At(31), 1);
        string left = Path.Combine(Path.GetDirectoryName(BlockFiles().Single())!, "new-left");
        File.WriteAllText(left, "half");
        File.SetLastWriteTimeUtc(left, Time.GetUtcNow().UtcDateTime.AddHours(-2));
        for (int i = 0; i < 12; i++)
        {
            await Keep(tier, At(i), 1);
        }

        Assert.False(File.Exists(left));
        Assert.DoesNotContain(BlockFiles(), file => Path.GetFileName(file).StartsWith("new-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ABlockLargerThanTheCacheIsRefused()
    {
        DiskTier tier = OpenRegistered(1000);
        await Keep(tier, At(1), 1);

        Assert.Null(await Value(tier, At(1)));
        Assert.Equal(1, tier.Statistics.Refused);
    }

    [Fact]
    public async Task RecentTombstonesSurviveASweep()
    {
        DiskTier tier = OpenRegistered(20 * FileBytes);
        DateTimeOffset before = Time.GetUtcNow();
        tier.Drop(At(31, 31));
        foreach (string file in BlockFiles())
        {
            File.SetLastWriteTimeUtc(file, Time.GetUtcNow().UtcDateTime);
            File.SetLastAccessTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        }

        for (int i = 0; i < 30; i++)
        {
            await Keep(tier, At(i), 1);
        }

        Assert.True(tier.Statistics.Evicted > 0);
        await Keep(tier, At(31, 31), 5, before);
        Assert.Null(await Value(tier, At(31, 31)));
    }

    [Fact]
    public async Task RoomIsTheLimitWhateverIsThereAlready()
    {
        DiskTier tier = OpenRegistered(100 * FileBytes);
        Assert.Equal(100 * FileBytes, tier.Room);
        await Keep(tier, At(1), 11);
        Assert.Equal(100 * FileBytes, tier.Room);
        Assert.Equal(FileBytes, DiskTier.BytesOf(2048));
        Assert.Equal(2 * FileBytes, DiskTier.BytesOf(4096));
    }

    [Fact]
    public async Task WhatIsOfferedWaitsUntilItIsWrittenOrRefused()
    {
        DiskTier tier = OpenRegistered(100 * FileBytes);
        for (int i = 0; i < 20; i++)
        {
            await Keep(tier, At(i), (ushort)i);
        }

        await tier.FlushAsync();
        Assert.Equal((0, 20), (tier.Statistics.Waiting, tier.Statistics.Written));
    }
}
