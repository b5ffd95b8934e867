using System.Xml.Linq;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Transfer;
using Integration.Server;

namespace Integration.Transfer;

public sealed class PushPullTests
{
    public static TheoryData<string, VoxelType, bool> Trees => new()
    {
        { "raw", VoxelType.UInt8, false },
        { "gzip", VoxelType.UInt16, true },
        { "lz4", VoxelType.Int32, false },
        { "bzip2", VoxelType.Float32, true },
        { "xz", VoxelType.UInt64, false },
        { "gzip", VoxelType.Float64, true },
        { "lz4", VoxelType.Int8, true },
    };

    [Fact]
    public async Task ADatasetWithoutFullResolutionIsPulledAlthoughItsServerFailsForMissingBlocks()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string uuid = await fixture.Server.Client.CreateAsync("""
            {"voxelType":"uint8","dimensions":[100,100,40],"timepoints":1,"channels":1,"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"raw",
             "resolutionLevels":[{"resolutions":[2,2,1],"blockDimensions":[32,32,32]}]}
            """);
        string folder = fixture.NewFolder();

        PullResult pulled = await fixture.PullAsync(new SourceAddress(fixture.Client.Server, uuid, "0"), folder);

        Assert.Equal((8, 8), (pulled.Blocks + pulled.Missing, pulled.Missing));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task APushedTreeIsPulledWithTheSameVoxels(string compression, VoxelType type, bool roundUp)
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        Assert.True(N5Compression.TryFromName(compression, out N5Compression packed));
        string xml = new SampleTree { Compression = packed, Type = type, RoundUp = roundUp }.Write(fixture.NewFolder());

        PushResult pushed = await fixture.PushAsync(xml);
        PullResult pulled = await fixture.PullAsync(pushed.Source, fixture.NewFolder());

        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary(pulled.XmlPath));
        Assert.Equal(compression, pulled.Volume.Compression);
        Assert.Equal(pushed.Blocks, pulled.Blocks);
        Assert.Equal(fixture.Counters.Total, fixture.Counters.Done);
        Assert.Empty(
            Directory.EnumerateFiles(
                Path.GetDirectoryName(pulled.XmlPath)!, ".*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("gzip")]
    [InlineData("lz4")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    public async Task ATreeOfBigDataViewerComesBackInAnyCompression(string compression)
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string folder = fixture.NewFolder();
        Fixtures.Copy("n5/gzip", folder);
        string xml = OneView(Path.Combine(folder, "export.xml"));

        PushResult pushed = await fixture.PushAsync(xml);
        PullResult pulled = await fixture.PullAsync(pushed.Source, fixture.NewFolder(), compression);

        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary(pulled.XmlPath));
        N5TreeReader reader = new(Path.Combine(Path.GetDirectoryName(pulled.XmlPath)!, "export.n5"));
        Assert.Equal(compression, reader.ReadAttributes("setup0/timepoint0/s2").Compression.Name);
    }

    [Fact]
    public async Task PaddedEdgesAreCutWhereTheImageEnds()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree { PadEdges = true, RoundUp = true }.Write(fixture.NewFolder());

        PushResult pushed = await fixture.PushAsync(xml);

        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary((await fixture.PullAsync(pushed.Source, fixture.NewFolder())).XmlPath));
    }

    [Fact]
    public async Task TransformsTimepointsLabelAndVoxelSizesReachTheServer()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree
        {
            Timepoints = [3, 9],
            Setups = [(0, 0, 0, 0), (1, 0, 1, 0), (2, 1, 0, 0), (3, 1, 1, 0)],
        }.Write(fixture.NewFolder());

        PushResult pushed = await fixture.PushAsync(fixture.Request(xml) with { Label = "embryo: 3", Compression = "lz4" });
        PullResult pulled = await fixture.PullAsync(pushed.Source, fixture.NewFolder());

        Assert.Equal("embryo  3", pulled.Volume.Label);
        Assert.Equal("lz4", pulled.Volume.Compression);
        Assert.Equal([0.4, 0.4, 2.5], pulled.Volume.VoxelSize);
        Assert.Equal([3, 9], pulled.Volume.TimepointIds);
        Assert.Equal(Transforms(xml), Transforms(pulled.XmlPath));
    }

    [Fact]
    public async Task ChannelsAndAnglesAreCountedFromZeroAsServersDo()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        SampleTree tree = new() { Setups = [(4, 7, 30, 0), (6, 5, 30, 0)], Exists = at => at.Setup == 4 };
        string xml = tree.Write(fixture.NewFolder());

        PushResult pushed = await fixture.PushAsync(xml);
        PullResult pulled = await fixture.PullAsync(pushed.Source, fixture.NewFolder());

        Assert.Contains("setup 4 (channel 7, angle 30) becomes setup 1", fixture.Said);
        string[] before =
        [
            .. TransferFixture.Summary(xml).Where(line => line.StartsWith("setup4", StringComparison.Ordinal)).Select(
                line => line.Replace("setup4", "setup1", StringComparison.Ordinal)),
        ];
        Assert.Equal(before, TransferFixture.Summary(pulled.XmlPath).Where(line => line.StartsWith("setup1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ALevelThatWasRoundedUpKeepsItsSizeWhenTheBlocksThatTellAreMissing()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();

        // 70 x 45 x 21 by 4, 4, 2 is 18 x 12 x 11 rounded up; only the very first block of each image is there.
        string xml = new SampleTree { RoundUp = true, Exists = at => (at.X, at.Y, at.Z) == (0, 0, 0) && at.Level < 2 }.Write(fixture.NewFolder());

        PushResult pushed = await fixture.PushAsync(xml);
        PullResult pulled = await fixture.PullAsync(pushed.Source, fixture.NewFolder());

        Assert.Equal(new Size3(18, 12, 11), pulled.Volume.Setups[0].Levels[2].Dimensions);
        Assert.Equal(Dense(xml), Dense(pulled.XmlPath));
    }

    [Fact]
    public async Task AViewThatWasNeverRecordedIsThereAndBlack()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string folder = fixture.NewFolder();
        string xml = new SampleTree { Extra = "<MissingViews><MissingView timepoint=\"1\" setup=\"0\" /></MissingViews>" }.Write(folder);
        Directory.Delete(Path.Combine(folder, "export.n5/setup0/timepoint1"), recursive: true);

        PushResult pushed = await fixture.PushAsync(xml);
        PullResult pulled = await fixture.PullAsync(pushed.Source, fixture.NewFolder());

        Assert.Contains("1 views are declared missing; a DataStore cannot say so, they will be there and black", fixture.Said);
        Assert.Equal(
            TransferFixture.Summary(xml),
            TransferFixture.Summary(pulled.XmlPath).Where(line => !line.StartsWith("setup0/timepoint1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task OnlyWhatWasAskedForIsPulledAndTheTreeIsWholeAllTheSame()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        PushResult pushed = await fixture.PushAsync(xml);

        PullResult pulled = await fixture.PullAsync(new PullRequest
        {
            Source = pushed.Source,
            Folder = fixture.NewFolder(),
            Setups = new HashSet<int> { 1 },
            Timepoints = new HashSet<int> { 0 },
            Levels = new HashSet<int> { 1, 2 },
            Settings = fixture.Settings,
        });

        IReadOnlyList<string> all = TransferFixture.Summary(xml);
        IReadOnlyList<string> got = TransferFixture.Summary(pulled.XmlPath);
        Assert.Equal(all.Count, got.Count);
        foreach ((string before, string after) in all.Zip(got))
        {
            bool wanted = before.StartsWith("setup1/timepoint0/s1", StringComparison.Ordinal)
                || before.StartsWith("setup1/timepoint0/s2", StringComparison.Ordinal);
            Assert.Equal(wanted, before == after);
            Assert.True(wanted || after.Contains(" 0+", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task AViewThatWasNeverRecordedIsNotAskedFor()
    {
        string xml = "";
        await using TransferFixture fixture = await TransferFixture.StartAsync(options =>
        {
            string folder = Directory.CreateDirectory(Path.Combine(options.Folder, "imported", "0")).FullName;
            xml = new SampleTree { Extra = "<MissingViews><MissingView timepoint=\"1\" setup=\"1\"/></MissingViews>" }.Write(folder);
            Directory.Delete(Path.Combine(folder, "export.n5/setup1/timepoint1"), recursive: true);
            return options;
        });
        SourceAddress source = new(fixture.Server.Server.Url.ToString().TrimEnd('/'), "imported", "0");
        PullResult pulled = await fixture.PullAsync(source, fixture.NewFolder());

        Assert.Equal(
            TransferFixture.Summary(xml),
            TransferFixture.Summary(pulled.XmlPath).Where(line => !line.StartsWith("setup1/timepoint1", StringComparison.Ordinal)));
        Assert.Contains("<MissingView ", await File.ReadAllTextAsync(pulled.XmlPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatTakesLessInARequestGetsLess()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync(options => new()
        {
            Folder = options.Folder,
            Urls = options.Urls,
            MaxRequestBody = 9000, // one block of 8,204 bytes
        });
        string xml = new SampleTree { Levels = [(new(1, 1, 1), new(32, 16, 8))] }.Write(fixture.NewFolder());

        PushResult pushed = await fixture.PushAsync(xml);

        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary((await fixture.PullAsync(pushed.Source, fixture.NewFolder())).XmlPath));
    }

    private static string[] Transforms(string xml) =>
    [
        .. XDocument.Load(xml).Descendants("ViewRegistration")
            .OrderBy(view => (int)view.Attribute("timepoint")!).ThenBy(view => (int)view.Attribute("setup")!)
            .Select(view => $"{view.Attribute("timepoint")} {view.Attribute("setup")}: "
                + string.Join("; ", view.Elements("ViewTransform").Select(t => $"{t.Element("Name")?.Value} {t.Element("affine")!.Value}"))),
    ];

    private static string[] Dense(string xml) =>
        [.. TransferFixture.Summary(xml).Select(line => line[..line.IndexOf(' ', StringComparison.Ordinal)] + line[line.LastIndexOf(' ')..])];

    /// <summary>The fixture is a cut-out: its XML speaks of more views than it has.</summary>
    private static string OneView(string path)
    {
        XDocument xml = XDocument.Load(path);
        xml.Descendants("ViewSetup").Where(setup => (int)setup.Element("id")! != 0).Remove();
        xml.Descendants("last").Single().Value = "0";
        xml.Descendants("ViewRegistration").Where(view => (int)view.Attribute("timepoint")! + (int)view.Attribute("setup")! != 0).Remove();
        xml.Save(path);
        return path;
    }
}
