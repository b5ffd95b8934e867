using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Opening;
using DataStoreFS.Tests.Support;
using DataStoreFS.Tests.WriteBack;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.Opening;

public sealed class VolumeOpenerTests
{
    private const string Uuid = "fec5f7d4-fe28-4892-a5ee-b1ecb173e865";

    [Fact]
    public async Task WithoutAVersionTheNewestOfEveryBlockIsMeant()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");

        VolumeInfo volume = (await OpenAsync(store, null)).Info;

        Assert.Equal(("mixedLatest", "mixedLatest", false), (volume.RequestedVersion, volume.ResolvedVersion, volume.Writable));
        Assert.Equal("mixedLatest", Assert.Single(volume.Setups).Version);
        Assert.Equal([0, 1], volume.Versions);
    }

    [Fact]
    public async Task WhatTheServerSaysIsInTheVolume()
    {
        await using FakeDataStore store = FakeDataStore.Sample("angles");

        OpenedVolume opened = await OpenAsync(store, "0");

        VolumeInfo volume = opened.Info;
        Assert.Equal([3, 5, 9], volume.TimepointIds);
        Assert.Equal([(0, 0, 0), (1, 0, 1)], volume.Setups.Select(s => (s.Id, s.ChannelId, s.AngleId)));
        Assert.Equal([new Size3(96, 80, 24), new Size3(48, 40, 12)], volume.Setups[1].Levels.Select(l => l.Dimensions));
        Assert.All(volume.Setups, setup => Assert.True(setup.Addressable));
        Assert.True(volume.Writable);
        Assert.Contains("<n5 type=\"relative\">export.n5</n5>", Encoding.UTF8.GetString(opened.ExportXml.Span), StringComparison.Ordinal);
        Assert.Empty(store.Reads);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("123456789")]
    public async Task AVersionThatIsNotListedIsRefusedAndNeverAskedFor(string version)
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, version));

        Assert.Equal(DataStoreErrorKind.NotFound, fault.Kind);
        Assert.Contains("0, 1, latest, mixedLatest", fault.Message, StringComparison.Ordinal);
        Assert.Empty(store.Asked);
    }

    [Fact]
    public async Task LatestIsTheHighestVersionThatHasAnXml()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Json = store.Json.Replace("\"versions\":[0,1]", "\"versions\":[123,0,1]", StringComparison.Ordinal);
        store.Xml["1"] = store.Xml["0"];

        VolumeInfo volume = (await OpenAsync(store, "latest")).Info;

        Assert.Equal(("latest", "1", "1"), (volume.RequestedVersion, volume.ResolvedVersion, volume.Setups[0].Version));
        Assert.Equal(["123", "1", "0"], store.Asked);
    }

    [Fact]
    public async Task MixedLatestThatAPhantomBreaksIsExplained()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Json = store.Json.Replace("\"versions\":[0,1]", "\"versions\":[0,77]", StringComparison.Ordinal);
        store.Xml["mixedLatest"] = Answer500();

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "mixedLatest"));

        Assert.Contains("version 77 has no XML", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latest", "1")]
    [InlineData("1", "1")]
    [InlineData("mixedLatest", "mixedLatest")]
    public async Task AnXmlThatIsBeingRewrittenIsWaitedFor(string requested, string resolved)
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Xml[resolved] = new Queue<object>([Answer500(), Answer500(), Answer500(), store.Xml["0"]]);

        Assert.Equal(resolved, (await OpenAsync(store, requested)).Info.ResolvedVersion);
        Assert.Equal(4, store.Asked.Count(asked => asked == resolved));
    }

    [Fact]
    public async Task WhatIsWrittenToWhenANumberIsPassedOverIsSaid()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Json = store.Json.Replace("\"versions\":[0,1]", "\"versions\":[0,1,77]", StringComparison.Ordinal);
        store.Xml["1"] = store.Xml["0"];
        store.Xml["77"] = Answer500();
        RecordingLogger log = new();

        VolumeInfo volume = (await OpenAsync(store, "latest", writable: true, log)).Info;

        Assert.Equal("1", volume.ResolvedVersion);
        Assert.Equal(4, store.Asked.Count(asked => asked == "77"));
        string[] warnings = [.. log.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Text)];
        Assert.Contains("version 77 is passed over as latest", warnings[0], StringComparison.Ordinal);
        Assert.EndsWith("latest is version 1; what is written goes there", warnings[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DataStoreErrorKind.Unreachable, false)]
    [InlineData(DataStoreErrorKind.Timeout, false)]
    [InlineData(DataStoreErrorKind.NotFound, false)]
    [InlineData(DataStoreErrorKind.Unauthorized, true)]
    [InlineData(DataStoreErrorKind.Protocol, true)]
    public async Task AFaultThatSaysNothingOfTheVersionNeverMeansAnOlderOne(DataStoreErrorKind kind, bool isAnswer)
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Xml["1"] = new DataStoreException(kind, "as it is") { IsAnswer = isAnswer };

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "latest", writable: true));

        Assert.Equal((kind, "as it is"), (fault.Kind, fault.Message));
        Assert.Equal(["1"], store.Asked);
    }

    [Fact]
    public async Task SilenceInTheMiddleIsNoPhantomEither()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Xml["1"] = new Queue<object>([Answer500(), new DataStoreException(DataStoreErrorKind.Unreachable, "connection refused")]);

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "latest"));

        Assert.Equal("connection refused", fault.Message);
    }

    [Fact]
    public async Task AServerThatIsGoneIsNotTakenForAPhantom()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        foreach (string version in (string[])["0", "1", "mixedLatest"])
        {
            store.Xml[version] = new DataStoreException(DataStoreErrorKind.Unreachable, "connection refused");
        }

        foreach (string? version in (string?[])[null, "latest", "1"])
        {
            DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, version));
            Assert.Equal((DataStoreErrorKind.Unreachable, "connection refused"), (fault.Kind, fault.Message));
        }
    }

    [Fact]
    public async Task ATreeOfAllVersionsReadsEachSetupFromItsOwn()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");

        VolumeInfo volume = (await OpenAsync(store, "all")).Info;

        Assert.Equal("all", volume.ResolvedVersion);
        Assert.Equal([(0, "0", true), (1, "1", true), (2, "mixedLatest", true)], volume.Setups.Select(s => (s.Id, s.Version, s.Addressable)));
    }

    [Fact]
    public async Task ANewVersionIsMadeOnceAndOnlyForAMountThatMayWrite()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Made = 2;
        store.Xml["2"] = store.Xml["0"];

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "new"));
        Assert.Equal(DataStoreErrorKind.Usage, fault.Kind);
        Assert.Empty(store.Asked);

        RecordingLogger log = new();
        VolumeInfo volume = (await OpenAsync(store, "new", writable: true, log)).Info;
        Assert.Equal("2", volume.ResolvedVersion);
        Assert.Equal([0, 1, 2], volume.Versions);
        Assert.Equal($"Dataset {Uuid}: the server makes a new version; this may take minutes", log.Lines.First().Text);
        Assert.Equal(1, store.Asked.Count(asked => asked == "new"));
    }

    [Fact]
    public async Task ANewVersionThatMayHaveBeenMadeIsNotMadeBlindlyAgain()
    {
        await using FakeDataStore sample = FakeDataStore.Sample("versions");
        await using FakeDataStore store = new()
        {
            Json = sample.Json,
            MakingFails = new DataStoreException(DataStoreErrorKind.Timeout, "no progress"),
        };

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "new", writable: true));

        Assert.Equal(DataStoreErrorKind.Timeout, fault.Kind);
        Assert.Contains("look with 'datastorefs info' before you make another", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["new"], store.Asked);
    }

    [Fact]
    public async Task AFurtherTileIsShownButNotReadAsTheFirst()
    {
        await using FakeDataStore store = FakeDataStore.Sample("regs");
        store.Xml["0"] = ((string)store.Xml["0"]).Replace("<angle>1</angle>", "<angle>0</angle>", StringComparison.Ordinal);

        VolumeInfo volume = (await OpenAsync(store, "0")).Info;

        Assert.Equal([true, false, true, false], volume.Setups.Select(s => s.Addressable));
    }

    [Fact]
    public async Task ASetupThatVersion0FindsElsewhereIsNotAddressable()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Xml["1"] = ((string)store.Xml["0"]).Replace(
            "<id>0</id>\r\n        <name>setup0", "<id>5</id>\r\n        <name>setup5", StringComparison.Ordinal);

        VolumeInfo volume = (await OpenAsync(store, "1")).Info;

        Assert.Equal((5, false), (volume.Setups[0].Id, volume.Setups[0].Addressable));
    }

    [Fact]
    public async Task AServerWithoutAnXmlGetsOneMadeUp()
    {
        await using FakeDataStore store = FakeDataStore.Sample("regs");
        store.Xml["mixedLatest"] = new DataStoreException(DataStoreErrorKind.Refused, "GET answered 405");

        OpenedVolume opened = await OpenAsync(store, null);

        Assert.Equal([(0, 0), (0, 1), (1, 0), (1, 1)], opened.Info.Setups.Select(s => (s.ChannelId, s.AngleId)));
        Assert.Contains("calibration", Encoding.UTF8.GetString(opened.ExportXml.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AVoxelSizeThatCannotBeIsAWarningAndNoReasonNotToMount()
    {
        await using FakeDataStore store = FakeDataStore.Sample("small");
        store.Json = store.Json.Replace("\"voxelResolution\":[0.4,0.4,1.0]", "\"voxelResolution\":[0.4,0.0,1.0]", StringComparison.Ordinal);
        RecordingLogger log = new();

        VolumeInfo volume = (await OpenAsync(store, "0", log: log)).Info;

        Assert.Equal([0.4, 1, 1], volume.VoxelSize);
        Assert.Contains(
            log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains("0.4 x 1 x 1 is shown instead", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HostileAnswersStopTheMountWithOneLine()
    {
        await using FakeDataStore store = FakeDataStore.Sample("small");
        store.Xml["0"] = "<!DOCTYPE SpimData SYSTEM \"file:///etc/passwd\"><SpimData/>";
        Assert.Equal(DataStoreErrorKind.Protocol, (await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "0"))).Kind);

        store.Json = store.Json.Replace("[150,130,40]", "[150,-130,40]", StringComparison.Ordinal);
        Assert.Equal(DataStoreErrorKind.Protocol, (await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(store, "0"))).Kind);
    }

    [Fact]
    public async Task AServerAddressWithoutADatasetIsAUsageError()
    {
        await using FakeDataStore store = new();
        VolumeOpener opener = new(store, NullLogger.Instance);

        DataStoreException fault = await Assert.ThrowsAsync<DataStoreException>(
            () => opener.OpenAsync(new SourceAddress("http://store:9080", null, null), 0, false, CancellationToken.None));

        Assert.Equal(DataStoreErrorKind.Usage, fault.Kind);
    }

    [Theory]
    [InlineData("0,1", "1", "0", true, "0,1")]
    [InlineData("0,1", "1", "1", false, "1,0")]
    [InlineData("0,1", "1", "latest", false, "1,0")]
    [InlineData("0,77", "", "latest", false, "77,0")]
    [InlineData("0,77", "", "0", false, "0,77")]
    [InlineData("0,1,77", "1", "0", true, "0,77,1")]
    [InlineData("0,1,77", "1", "1", false, "1,77,0")]
    [InlineData("0,1,77,78", "1", "0", false, "0,78,77")]
    [InlineData("0,1", "1", "mixedLatest", false, "mixedLatest,0")]
    public async Task OnlyWhatIsOlderThanARealVersionNeverChanges(string listed, string real, string requested, bool unchanging, string asked)
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Json = store.Json.Replace("\"versions\":[0,1]", $"\"versions\":[{listed}]", StringComparison.Ordinal);
        foreach (string version in real.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            store.Xml[version] = store.Xml["0"];
        }

        VolumeInfo volume = (await OpenAsync(store, requested)).Info;

        Assert.Equal(unchanging, volume.IsUnchanging);
        Assert.Equal(asked.Split(','), store.Asked);
    }

    [Fact]
    public async Task OfAllVersionsTheNewestRealOneMayChange()
    {
        await using FakeDataStore store = FakeDataStore.Sample("versions");
        store.Json = store.Json.Replace("\"versions\":[0,1]", "\"versions\":[0,1,77]", StringComparison.Ordinal);
        store.Xml["1"] = store.Xml["0"];

        VolumeInfo volume = (await OpenAsync(store, "all")).Info;

        Assert.Equal([("0", false), ("1", true), ("mixedLatest", true)], volume.Setups.Select(s => (s.Version, volume.MayChange(s))));
    }

    private static DataStoreException Answer500() => new(DataStoreErrorKind.Unreachable, "GET answered 500") { IsAnswer = true };

    private static Task<OpenedVolume> OpenAsync(FakeDataStore store, string? version, bool writable = false, ILogger? log = null) =>
        new VolumeOpener(store, log ?? NullLogger.Instance, new EagerTime()).OpenAsync(
            new SourceAddress(store.Server, Uuid, version), 0, writable, CancellationToken.None);
}
