using DataStoreFS.Model;
using DataStoreFS.Tests.Tree;
using DataStoreFS.Warming;

namespace DataStoreFS.Tests.Warming;

public sealed class WarmSelectionTests
{
    [Fact]
    public void WithoutAFilterEveryBlockComesOnce()
    {
        VolumeInfo volume = TestVolumes.Small();
        WarmSelection selection = new(volume, new ImageFilter(), "d");
        List<BlockKey> keys = [.. selection.Keys().Select(k => k.Key)];

        Assert.Equal(keys.Count, selection.Blocks);
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.Equal(volume.Setups.Sum(s => s.Levels.Sum(l => l.Grid.Count)) * 3, selection.Blocks);
        Assert.All(keys, key => Assert.True(volume.Level(key).Contains(key.X, key.Y, key.Z)));
    }

    [Fact]
    public void AFilterNamesIdsAndKeysHaveIndexes()
    {
        WarmSelection selection = new(
            TestVolumes.Small(), new ImageFilter(new HashSet<int> { 4 }, new HashSet<int> { 9, 3 }, new HashSet<int> { 1 }), "d");
        ImageKey[] images = [.. selection.Keys().Select(k => k.Key.Image).Distinct()];
        Assert.Equal([new ImageKey(0, 1, 0, 1), new ImageKey(0, 1, 2, 1)], images);
    }

    [Fact]
    public void BlocksOfOneImageFollowOneAnotherSoThatTheyShareRequests()
    {
        List<ImageKey> images = [.. new WarmSelection(TestVolumes.Small(), new ImageFilter(), "d").Keys().Select(k => k.Key.Image)];
        int changes = images.Zip(images.Skip(1)).Count(pair => pair.First != pair.Second);
        Assert.Equal(images.Distinct().Count() - 1, changes);
    }

    [Fact]
    public void RoomIsCountedInWholePagesWithHeaders()
    {
        VolumeInfo volume = TestVolumes.Of(VoxelType.UInt8, [0], (0, [TestVolumes.Level(0, 64, 64, 16)]));
        WarmSelection selection = new(volume, new ImageFilter(), "d");
        Assert.Equal((1, (64 * 64 * 16) + 4096), (selection.Blocks, selection.DiskBytes));
    }

    [Fact]
    public void WhatTheProtocolCannotAddressIsNotAskedFor()
    {
        VolumeInfo volume = TestVolumes.Small();
        SetupInfo first = volume.Setups[0];
        SetupInfo unreachable = new()
        {
            Index = 0,
            Id = 0,
            Name = "tile",
            ChannelId = 0,
            AngleId = 0,
            Version = "0",
            Levels = first.Levels,
            Addressable = false,
        };
        VolumeInfo changed = new()
        {
            Volume = 0,
            Uuid = "u",
            RequestedVersion = "0",
            ResolvedVersion = "0",
            VoxelType = volume.VoxelType,
            Dimensions = volume.Dimensions,
            VoxelSize = volume.VoxelSize,
            Versions = volume.Versions,
            TimepointIds = volume.TimepointIds,
            Setups = [unreachable, volume.Setups[1]],
        };
        Assert.All(new WarmSelection(changed, new ImageFilter(), "d").Keys(), k => Assert.Equal(1, k.Key.Setup));
    }

    [Theory]
    [InlineData(1, 3, 0, "d has no setup 1; 'datastorefs info' says what it has")]
    [InlineData(4, 4, 0, "d has no timepoint 4; 'datastorefs info' says what it has")]
    [InlineData(0, 3, 3, "d has no level 3; 'datastorefs info' says what it has")]
    public void WhatTheDatasetDoesNotHaveIsAUsageError(int setup, int timepoint, int level, string message)
    {
        ImageFilter filter = new(new HashSet<int> { setup }, new HashSet<int> { timepoint }, new HashSet<int> { level });
        DataStoreException fault = Assert.Throws<DataStoreException>(() => new WarmSelection(TestVolumes.Small(), filter, "d"));
        Assert.Equal((DataStoreErrorKind.Usage, message), (fault.Kind, fault.Message));
    }
}
