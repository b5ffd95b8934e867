using DataStoreFS.Model;
using Mono.Unix.Native;

namespace Integration.Transfer;

/// <summary>Local trees that cannot be pushed: one clear line, and nothing is made on the server.</summary>
public sealed class BrokenTreeTests
{
    private const string Level = "export.n5/setup0/timepoint0/s1/attributes.json";

    public static TheoryData<string, string, string> Attributes => new()
    {
        { Level, "", "not JSON" },
        { Level, "{}", "no dimensions" },
        { Level, """{"dimensions":[35,22,21],"blockSize":[32,16,8],"dataType":"uint16"}""", "no compression" },
        { Level, Json(compression: "zstd"), "compression 'zstd' is not supported" },
        { Level, Json(dimensions: "[35,22]"), "dimensions is not three numbers" },
        { Level, Json(dimensions: "[1e300,22,21]"), "no count" },
        { Level, Json(block: "[2147483647,2147483647,2147483647]"), "larger than" },
        { Level, Json(type: "uint8"), "its level 0 has uint16" },
        { Level, Json(type: "complex64"), "none that N5 has" },
        { Level, Json(factors: "[3,3,1]"), "its setup says 2 x 2 x 1" },
        { "export.n5/setup0/attributes.json", "[]", "not a JSON object" },
        { "export.n5/setup1/attributes.json", """{"dataType":"uint16"}""", "no downsamplingFactors" },
    };

    [Theory]
    [MemberData(nameof(Attributes))]
    public Task AttributesThatCannotBeAreNamed(string file, string content, string expected) =>
        AssertRefusedAsync(
            new SampleTree(),
            folder => File.WriteAllText(Path.Combine(folder, file), content),
            expected,
            Path.GetDirectoryName(file)!.Replace("export.n5/", "", StringComparison.Ordinal).Split('/')[0]);

    [Fact]
    public Task ViewsOfDifferentSizesAreRefused() => AssertRefusedAsync(
        new SampleTree(),
        folder => File.WriteAllText(Path.Combine(folder, "export.n5/setup1/timepoint1/s1/attributes.json"), Json(dimensions: "[36,22,21]")),
        "setup 1 at timepoint 1 has at level 1 36 x 22 x 21 voxels",
        "separate datasets");

    [Fact]
    public Task AMissingFileOfAttributesIsNamed() =>
        AssertRefusedAsync(new SampleTree(), folder => File.Delete(Path.Combine(folder, Level)), Level, "MissingViews");

    public static TheoryData<string, string, string> Documents => new()
    {
        { "<SpimData", "<SpimData><", "not XML" },
        { "bdv.n5", "bdv.hdf5", "format 'bdv.hdf5'" },
        { "export.n5/", "elsewhere.n5", "no such folder" },
        { "export.n5/", "s3://bucket/export.n5", "only local folders" },
        { "<size>70 45 21</size>", "<size>71 45 21</size>", "has 71 x 45 x 21 voxels" },
        { "0.4 0.4 2.5", "0.4 0 2.5", "voxel size" },
        { "1.0E-5", "NaN", "is no number" },
        { "1.0E-5", "", "11 numbers" },
        { "type=\"affine\"", "type=\"warp\"", "type 'warp'" },
        { "<channel>1</channel>", "<channel>0</channel>", "both channel 0, angle 0" },
        { "<ViewRegistration timepoint=\"1\"", "<ViewRegistration timepoint=\"0\"", "twice" },
        { "<ViewSetups>", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><ViewSetups>", "not XML" },
        { "<integerpattern>0,1", "<integerpattern>0-2000000000", "cannot be" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public Task AnXmlThatCannotBeIsNamed(string old, string text, string expected) => AssertRefusedAsync(
        new SampleTree(),
        folder =>
        {
            string xml = Path.Combine(folder, "export.xml");
            string content = File.ReadAllText(xml);
            Assert.Contains(old, content, StringComparison.Ordinal);
            File.WriteAllText(xml, content.Replace(old, text, StringComparison.Ordinal));
        },
        expected,
        "export.xml");

    [Fact]
    public Task LevelsThatDivisionDoesNotGiveAreRefused() => AssertRefusedAsync(
        new SampleTree
        {
            Dimensions = new(70, 45, 21),
            Setups = [(0, 0, 0, 0)],
            Timepoints = [0],
            Levels = [(new(1, 1, 1), new(32, 16, 8)), (new(2, 2, 1), new(32, 16, 8))],
        },
        folder => File.WriteAllText(Path.Combine(folder, Level), Json(dimensions: "[34,22,21]")),
        "neither rounded down (35 x 22 x 21) nor up (35 x 23 x 21)");

    [Fact]
    public Task EqualFactorsAreRefused() =>
        AssertRefusedAsync(new SampleTree { Levels = [(new(1, 1, 1), new(32, 16, 8)), (new(1, 1, 1), new(16, 16, 8))] }, _ => { }, "same factors");

    [Fact]
    public Task ATreeWithoutFullResolutionIsRefused() => AssertRefusedAsync(
        new SampleTree { Dimensions = new(70, 45, 21), Levels = [(new(2, 2, 1), new(32, 16, 8))] },
        folder =>
            File.WriteAllText(
                Path.Combine(folder, "export.xml"),
                File.ReadAllText(Path.Combine(folder, "export.xml")).Replace("<size>70 45 21</size>", "", StringComparison.Ordinal)),
        "full resolution");

    [Theory]
    [InlineData("123")]
    [InlineData(" 7 ")]
    [InlineData("")]
    [InlineData("::")]
    [InlineData("..")]
    public async Task ALabelThatWouldHarmTheDatasetIsRefused(string label)
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string xml = new SampleTree().Write(fixture.NewFolder());
        DataStoreException fault = await TransferFixture.RefusedAsync(fixture.PushAsync(fixture.Request(xml) with { Label = label }));
        Assert.Equal(DataStoreErrorKind.Usage, fault.Kind);
        Assert.Empty(Directory.EnumerateDirectories(fixture.Server.Folder.Path, "*-*"));
    }

    [Fact]
    public async Task ANameThatIsNoXmlIsSaidSo()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string folder = fixture.NewFolder();
        Assert.Contains(
            "is a folder; name the XML", (await TransferFixture.RefusedAsync(fixture.PushAsync(folder))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "No such file", (await TransferFixture.RefusedAsync(fixture.PushAsync(Path.Combine(folder, "x.xml")))).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Blocks => ["empty", "short", "truncated", "huge", "pipe", "folder", "file", "larger"];

    [Theory]
    [MemberData(nameof(Blocks))]
    public async Task ABlockFileThatCannotBeStopsThePushByNameAndMayBeMended(string fault)
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string folder = fixture.NewFolder();
        string xml = new SampleTree().Write(folder);
        string path = Path.Combine(folder, "export.n5/setup1/timepoint1/s0/0/0/0");
        byte[] good = await File.ReadAllBytesAsync(path);
        string named = Break(path, good, fault);

        DataStoreException refused = await TransferFixture.RefusedAsync(fixture.PushAsync(xml));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Mend(path, good);
        DataStoreFS.Transfer.PushResult pushed = await fixture.PushAsync(xml);

        Assert.Equal(TransferFixture.Summary(xml), TransferFixture.Summary((await fixture.PullAsync(pushed.Source, fixture.NewFolder())).XmlPath));
    }

    [Fact]
    public async Task NamesThatAreNoBlocksAreLeftOut()
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string folder = fixture.NewFolder();
        string xml = new SampleTree().Write(folder);
        IReadOnlyList<string> before = TransferFixture.Summary(xml);
        string image = Path.Combine(folder, "export.n5/setup0/timepoint0/s0");
        Directory.CreateDirectory(Path.Combine(image, "0/99"));
        string[] names = ["0/0/007", "0/0/99", "0/0/.0.part", "0/0/1.d41d8cd98f00b204e9800998ecf8427e.partial", "0/0/99999999999999999999"];
        foreach (string name in names)
        {
            await File.WriteAllTextAsync(Path.Combine(image, name), "no block");
        }

        DataStoreFS.Transfer.PushResult pushed = await fixture.PushAsync(xml);

        Assert.Contains(fixture.Said, line => line.StartsWith("2 files or folders lie outside", StringComparison.Ordinal));
        Assert.Equal(before, TransferFixture.Summary((await fixture.PullAsync(pushed.Source, fixture.NewFolder())).XmlPath));
    }

    private static string Break(string path, byte[] good, string fault)
    {
        File.Delete(path);
        switch (fault)
        {
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "short":
                File.WriteAllBytes(path, good[..9]);
                break;
            case "truncated":
                File.WriteAllBytes(path, good[..(good.Length / 2)]);
                break;
            case "larger":
                File.WriteAllBytes(path, [0, 0, 0, 3, 0, 0, 0, 33, .. good[8..]]);
                break;
            case "huge":
                using (FileStream file = File.Create(path))
                {
                    file.SetLength(1L << 40);
                }

                break;
            case "pipe":
                Assert.Equal(0, Syscall.mkfifo(path, FilePermissions.DEFFILEMODE));
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            default:
                string row = Path.GetDirectoryName(path)!;
                Directory.Move(row, row + ".aside");
                File.WriteAllBytes(row, good);
                return row;
        }

        return path;
    }

    private static void Mend(string path, byte[] good)
    {
        string row = Path.GetDirectoryName(path)!;
        if (Directory.Exists(row + ".aside"))
        {
            File.Delete(row);
            Directory.Move(row + ".aside", row);
        }

        if (Directory.Exists(path))
        {
            Directory.Delete(path);
        }

        File.Delete(path);
        File.WriteAllBytes(path, good);
    }

    private static async Task AssertRefusedAsync(SampleTree tree, Action<string> spoil, params string[] expected)
    {
        await using TransferFixture fixture = await TransferFixture.StartAsync();
        string folder = fixture.NewFolder();
        string xml = tree.Write(folder);
        spoil(folder);

        DataStoreException fault = await TransferFixture.RefusedAsync(fixture.PushAsync(xml));

        Assert.All(expected, part => Assert.Contains(part, fault.Message, StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateDirectories(fixture.Server.Folder.Path, "*-*"));
    }

    private static string Json(
        string dimensions = "[35,22,21]",
        string block = "[32,16,8]",
        string type = "uint16",
        string compression = "gzip",
        string factors = "[2,2,1]") =>
        $$"""{"dataType":"{{type}}","compression":{"type":"{{compression}}"},"blockSize":{{block}},"dimensions":{{dimensions}},"downsamplingFactors":{{factors}}}""";
}
