using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Tests.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.Opening;

/// <summary>Which way the sizes of levels were rounded, as the blocks at their far edges tell.</summary>
public sealed class LevelSizesTests
{
    private const string Uuid = "fec5f7d4-fe28-4892-a5ee-b1ecb173e865";

    /// <summary>The trees that BigDataViewer 10.6 writes: the far block's header says 38 x 33, where the server itself would have 37 x 32.</summary>
    [Fact]
    public async Task ATreeOfNewBigDataViewerHasLevelsRoundedUp()
    {
        await using FakeDataStore store = FakeDataStore.Sample("small");
        store.Json = store.Json.Replace("\"blockDimensions\":[32,32,16]", "\"blockDimensions\":[64,64,16]", StringComparison.Ordinal);
        store.Blocks = (image, at) => image.Resolution.X == 4 ? HeaderOf($"n5/raw/export.n5/setup0/timepoint0/s2/{at.X}/{at.Y}/{at.Z}") : null;

        VolumeInfo volume = (await OpenAsync(store, "0")).Info;

        Assert.Equal([new Size3(150, 130, 40), new Size3(75, 65, 40), new Size3(38, 33, 20)], volume.Setups[1].Levels.Select(l => l.Dimensions));
        Assert.Equal(1, Assert.Single(store.Reads).Blocks);
    }

    [Fact]
    public async Task ATreeOfTheServerItselfHasLevelsRoundedDown()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        LevelInfo written = new(2, new Size3(4, 4, 2), new Size3(37, 32, 20), new Size3(32, 32, 16));
        store.Blocks = (_, at) => written.Contains(at.X, at.Y, at.Z) ? written.SizeAt((int)at.X, (int)at.Y, (int)at.Z) : null;

        VolumeInfo volume = (await OpenAsync(store, null)).Info;

        Assert.Equal(written.Dimensions, volume.Setups[0].Levels[2].Dimensions);
        Assert.Equal("mixedLatest", Assert.Single(store.Reads).Image.Version);
    }

    [Fact]
    public async Task WhereTheEdgeIsMissingLevelsAreRoundedDownAfterAFewReads()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");

        VolumeInfo volume = (await OpenAsync(store, "0")).Info;

        Assert.Equal(new Size3(37, 32, 20), volume.Setups[0].Levels[2].Dimensions);
        Assert.Equal([0, 1, 2], store.Reads.Select(read => read.Image.Timepoint));
    }

    [Fact]
    public async Task ViewsThatWereNeverRecordedAreKnownAndNotProbed()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Xml["0"] = ((string)store.Xml["0"]).Replace(
            "</SequenceDescription>",
            "<MissingViews><MissingView timepoint=\"0\" setup=\"0\"/><MissingView timepoint=\"7\" setup=\"0\"/></MissingViews></SequenceDescription>",
            StringComparison.Ordinal);

        VolumeInfo volume = (await OpenAsync(store, "0")).Info;

        Assert.Equal([(0, 0)], volume.MissingViews);
        Assert.Equal([false, true, true], Enumerable.Range(0, 3).Select(timepoint => volume.IsAddressable(0, timepoint)));
        Assert.Equal([1, 2], store.Reads.Select(read => read.Image.Timepoint));
    }

    [Fact]
    public async Task AnEdgeThatTheServerCannotReadIsLookedForInOtherImages()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Blocks = (image, _) => image.Timepoint == 0
            ? throw new DataStoreException(DataStoreErrorKind.Unreachable, "500") { IsAnswer = true }
            : null;

        await OpenAsync(store, "0");

        Assert.Equal([0, 1, 2], store.Reads.Select(read => read.Image.Timepoint));
    }

    [Fact]
    public async Task AFailingReadOfAnEdgeDoesNotStopTheMount()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Blocks = (_, _) => throw new DataStoreException(DataStoreErrorKind.Protocol, "a size that cannot be");

        VolumeInfo volume = (await OpenAsync(store, "0")).Info;

        Assert.Equal(new Size3(37, 32, 20), volume.Setups[0].Levels[2].Dimensions);
        Assert.Single(store.Reads);
    }

    [Fact]
    public async Task AMissingRightToReadDoesStopTheMount()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Blocks = (_, _) => throw new DataStoreException(DataStoreErrorKind.Unauthorized, "403");

        Assert.Equal(DataStoreErrorKind.Unauthorized, (await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "0"))).Kind);
    }

    /// <summary>A version never changes only if a higher one is known to have an XML; of those, at most two are asked for.</summary>

    private static Task<OpenedVolume> OpenAsync(FakeDataStore store, string? version) =>
        new VolumeOpener(store, NullLogger.Instance, new EagerTime()).OpenAsync(
            new SourceAddress(store.Server, Uuid, version), 0, writable: false, CancellationToken.None);

    private static Size3? HeaderOf(string fixture) => File.Exists(Fixtures.PathOf(fixture)) ? N5Header.ReadSize(Fixtures.Read(fixture)) : null;
}
