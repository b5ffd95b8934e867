using DataStoreFS.Server;
using DataStoreFS.Server.SpimData;

namespace Integration.Server;

/// <summary>Datasets whose XML other programs wrote.</summary>
public sealed class ImportedTests
{
    private const string Xml = """
        <?xml version="1.0" encoding="UTF-8"?>
        <SpimData version="0.2"><BasePath type="relative">.</BasePath><SequenceDescription>
        <ImageLoader format="bdv.n5" version="1.1"><n5 type="relative">export.n5/</n5></ImageLoader><ViewSetups>
        <ViewSetup><id>3</id><name>second &lt;tile&gt;</name><size>65  64 33</size><voxelSize><unit>µm</unit><size>.5 5e-1 1e-4</size></voxelSize>
          <attributes><channel>7</channel><tile>2</tile><angle>45</angle><displaysettings>1</displaysettings></attributes></ViewSetup>
        <ViewSetup><id>0</id><size>65 64 33</size><attributes><channel>7</channel><angle>45</angle></attributes></ViewSetup>
        <Attributes name="channel"><Channel><id>7</id><name>GFP</name></Channel></Attributes>
        <Attributes name="tile"><Tile><id>2</id><name>right</name><location>1.0 2.0 3.0</location></Tile></Attributes>
        <Attributes name="angle"><Angle><id>45</id><name>45</name><axis>0 1 0</axis><degrees>45.0</degrees></Angle></Attributes>
        <Attributes name="displaysettings"><displaysettings><id>1</id></displaysettings></Attributes>
        </ViewSetups><Timepoints type="pattern"><integerpattern>0-4:2, 9</integerpattern></Timepoints>
        <MissingViews><MissingView timepoint="9" setup="3"/><MissingView timepoint="2" setup="0"/></MissingViews></SequenceDescription>
        <ViewRegistrations><ViewRegistration timepoint="0" setup="3"><ViewTransform type="affine"><Name>a</Name><affine>1 0 0 1e-5 0 1 0 12345678 0 0 1 0</affine></ViewTransform>
          <ViewTransform type="affine"><affine>1 0 0 0 0 1 0 0 0 0 2 0</affine></ViewTransform></ViewRegistration></ViewRegistrations></SpimData>
        """;

    [Fact]
    public async Task EverythingTheOriginalsModelHoldsSurvives()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await ImportAsync(fixture);
        string xml = (await fixture.Client.GetStringAsync($"/datasets/{uuid}/0")).ReplaceLineEndings("\n");
        foreach (string part in new[]
        {
            "<name>second &lt;tile&gt;</name>\n        <size>65 64 33</size>\n        <voxelSize>\n          <unit>µm</unit>\n        "
                + "  <size>0.5 0.5 1.0E-4</size>",
            "<illumination>0</illumination>\n          <channel>7</channel>\n          <tile>2</tile>\n          <angle>45</angle>\n          "
                + "<version>0</version>\n        </attributes>",
            "<Tile>\n          <id>0</id>\n          <name>0</name>\n        </Tile>\n        <Tile>\n          <id>2</id>\n          "
                + "<name>right</name>\n          <location>1.0 2.0 3.0</location>",
            "<degrees>45.0</degrees>",
            "<Timepoints type=\"pattern\">\n      <integerpattern>0-4:2, 9</integerpattern>",
            "<MissingViews>\n      <MissingView timepoint=\"2\" setup=\"0\" />\n      <MissingView timepoint=\"9\" setup=\"3\" />",
            "<Name>a</Name>\n        <affine>1.0 0.0 0.0 1.0E-5 0.0 1.0 0.0 1.2345678E7 0.0 0.0 1.0 0.0</affine>",
        })
        {
            Assert.Contains(part, xml, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("displaysettings", xml, StringComparison.Ordinal);
        Assert.Contains(
            "<MissingView timepoint=\"9\" setup=\"3\" />", await fixture.Client.GetStringAsync($"/datasets/{uuid}/all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTablesOfBigDataServersClientsAreLargeEnoughForTheIds()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string init = await fixture.Client.GetStringAsync($"/bdv/{await ImportAsync(fixture)}/0?p=init");
        Assert.Contains("\"maxNumTimepoints\":10,\"maxNumSetups\":4,", init, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JsonCountsAndBlocksGoByTheFilesOwnIds()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await ImportAsync(fixture);
        string json = await fixture.Client.GetStringAsync($"/datasets/{uuid}");
        Assert.Contains("\"timepoints\":4,\"channels\":1,\"angles\":1,", json, StringComparison.Ordinal);
        Assert.Contains("\"timepointIds\":[0,2,4,9],", json, StringComparison.Ordinal);
        byte[] frame = TestDatasets.Frame(32, 32, 32);
        Assert.Equal(200, (await fixture.Client.PostBlocksAsync($"/datasets/{uuid}/1/1/1/0/0/0/0/0/7/45", frame)).Status);
        Assert.True(
            File.Exists(Path.Combine(fixture.Folder.Path, uuid, "0/export.n5/setup0/timepoint0/s0/0/0/0")),
            "the first setup of that channel and angle");
        Assert.Equal((400, "Channel=0 and angle=0 not found."), await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/1/1/1/0/0/0/0/0/0/0"));
    }

    [Fact]
    public async Task XmlAndAttributesThatChangeOnTheDiskAreSeen()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        string level = Path.Combine(fixture.Folder.Path, uuid, "0/export.n5/setup0/timepoint0/s0/attributes.json");
        string xml = Path.Combine(fixture.Folder.Path, uuid, "0/export.xml");
        Assert.Equal(200, (await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/1/1/1/0/0/0/0/0/0/0")).Status);
        await File.WriteAllTextAsync(level, (await File.ReadAllTextAsync(level)).Replace("[1,1,1]", "[3,3,3]", StringComparison.Ordinal));
        await fixture.Client.PostBlocksAsync($"/datasets/{uuid}/3/3/3/0/0/0/0/0/0/0", TestDatasets.Frame(1, 1, 1));
        Assert.Equal(200, (await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/3/3/3/0/0/0/0/0/0/0")).Status);
        Assert.Equal(500, (await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/1/1/1/0/0/0/0/0/0/0")).Status);
        await File.WriteAllTextAsync(xml, (await File.ReadAllTextAsync(xml)).Replace("setup0", "renamed", StringComparison.Ordinal));
        Assert.Contains("<name>renamed</name>", await fixture.Client.GetStringAsync($"/datasets/{uuid}/0"), StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(fixture.Folder.Path, uuid, "12"));
        Assert.Contains("\"versions\":[0,12],", await fixture.Client.GetStringAsync($"/datasets/{uuid}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0-3", new[] { 0, 1, 2, 3 })]
    [InlineData("5,1, 3 - 4", new[] { 1, 3, 4, 5 })]
    [InlineData("0-10:5,2", new[] { 0, 2, 5, 10 })]
    [InlineData("-3--1", new[] { -3, -2, -1 })]
    public void PatternExpands(string pattern, int[] ids) => Assert.Equal(ids, SpimReader.ExpandPattern(pattern));

    [Fact]
    public async Task ImitatedOriginalAnswersTheSameButSlower()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], ImitateOriginal = true });
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/1/1/1/0/0/0/0/0/0/0";
        byte[] frame = TestDatasets.Frame(32, 32, 32);
        Assert.Equal(200, (await fixture.Client.PostBlocksAsync(path, frame)).Status);
        long start = Environment.TickCount64;
        byte[][] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fixture.Client.GetByteArrayAsync(path)));
        Assert.All(answers, answer => Assert.Equal(frame, answer));

        // A lower limit holds on any machine: four requests of 9 ms on two cores.
        Assert.InRange(Environment.TickCount64 - start, 17, long.MaxValue);
    }

    private static async Task<string> ImportAsync(ServerFixture fixture)
    {
        string uuid = await fixture.Client.CreateAsync(
            TestDatasets.Simple().Replace("\"voxelUnit\"", "\"channels\":2,\"angles\":2,\"voxelUnit\"", StringComparison.Ordinal));
        string moved = uuid + "-imported";
        Directory.Move(Path.Combine(fixture.Folder.Path, uuid), Path.Combine(fixture.Folder.Path, moved));
        await File.WriteAllTextAsync(Path.Combine(fixture.Folder.Path, moved, "0/export.xml"), Xml);
        Assert.Equal((200, "Done."), await fixture.Client.AskAsync("POST", $"/datasets/{moved}"));
        return moved;
    }
}
