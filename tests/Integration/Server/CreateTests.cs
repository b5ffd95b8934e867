using System.Text;

namespace Integration.Server;

/// <summary>What a create request leaves on the disk, and what it refuses.</summary>
public sealed class CreateTests
{
    private const string Versions = """
        {"voxelType":"uint16","dimensions":[150,130,40],"timepoints":3,"voxelUnit":"um","voxelResolution":[0.4,0.4,1],"compression":"gzip","label":"versions",
         "unknown":{"is":["ignored"]},"resolutionLevels":[
         {"resolutions":[1,1,1],"blockDimensions":[64,64,16]},{"resolutions":[2,2,1],"blockDimensions":[64,64,16]},{"resolutions":[4,4,2],"blockDimensions":[32,32,16]}]}
        """;

    public static TheoryData<string, int, string> Refused => new()
    {
        { "{", 400, "" },
        { "[]", 400, "" },
        { Without("dimensions"), 500, "dimensions is marked non-null but is null" },
        { Versions.Replace("uint16", "complex", StringComparison.Ordinal), 500, "No enum constant org.janelia.saalfeldlab.n5.DataType.COMPLEX" },
        { Without("compression"), 500, "" },
        { Without("resolutionLevels"), 500, "" },
        { Versions.Replace("[150,130,40]", "[150,130]", StringComparison.Ordinal), 500, "" },
        { Versions.Replace("[150,130,40]", "[150,130,0]", StringComparison.Ordinal), 500, "" },
        { Versions.Replace("[150,130,40]", "[\"a\",130,40]", StringComparison.Ordinal), 400, "" },
        { Versions.Replace("[64,64,16]", "[65536,65536,65536]", StringComparison.Ordinal), 500, "" },
        { Versions.Replace("\"timepoints\":3", "\"timepoints\":0", StringComparison.Ordinal), 500, "" },
        {
            Versions.Replace("\"timepoints\":3", "\"timepoints\":1000000", StringComparison.Ordinal).Replace(
                "\"label\"", "\"channels\":1000000,\"label\"", StringComparison.Ordinal),
            500,
            ""
        },
        { Versions.Replace("\"versions\"", "null", StringComparison.Ordinal), 400, "" },
        { Versions.Replace("\"versions\"", "\"123\"", StringComparison.Ordinal), 400, "" },
        { Versions.Replace("\"label\"", "\"transformations\":[[1,2]],\"label\"", StringComparison.Ordinal), 500, "" },
    };

    [Fact]
    public async Task FilesAreThoseOfTheOriginalByteForByte()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string created = Path.Combine(fixture.Folder.Path, await fixture.Client.CreateAsync(Versions));
        string original = Fixtures.PathOf("server/fec5f7d4-fe28-4892-a5ee-b1ecb173e865");
        Assert.Equal(
            Metadata(original, "0").Append("versions"), Metadata(created, "0").Append(Path.GetFileName(Directory.GetFiles(created).Single())));
        foreach (string file in Metadata(original, "0"))
        {
            Assert.Equal(File.ReadAllText(Path.Combine(original, file)), File.ReadAllText(Path.Combine(created, file)));
        }

        // A new version is a copy without blocks, which are what the fixture's version 1 has beyond it.
        await fixture.Client.PostBlocksAsync($"/datasets/{Path.GetFileName(created)}/1/1/1/0/0/0/0/0/0/0", TestDatasets.Frame(1, 1, 1, 2));
        Assert.Equal(307, (await fixture.Client.AskAsync("GET", $"/datasets/{Path.GetFileName(created)}/1/1/1/new/write")).Status);
        Assert.Equal(Metadata(original, "1"), Directory.GetFiles(Path.Combine(created, "1"), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(created, f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task NumbersMayBeFractionsOrTextAsTheOriginalsMapperTakesThem()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string coerced = Versions.Replace("[150,130,40]", "[150.0,\"130\",40.9]", StringComparison.Ordinal)
            .Replace("\"timepoints\":3", "\"timepoints\":\"3\"", StringComparison.Ordinal)
            .Replace("[0.4,0.4,1]", "[\"0.4\",0.4,1]", StringComparison.Ordinal)
            .Replace("[4,4,2]", "[4,\"4\",2.0]", StringComparison.Ordinal);
        string[] created = [await fixture.Client.CreateAsync(Versions), await fixture.Client.CreateAsync(coerced)];
        string[] described = [.. await Task.WhenAll(created.Select(async uuid =>
            (await fixture.Client.GetStringAsync($"/datasets/{uuid}")).Replace(uuid, "", StringComparison.Ordinal)))];
        Assert.Equal(described[0], described[1]);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task RequestThatCannotBeLeavesNothingBehind(string json, int status, string text)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        (int Status, string Text) answer = await fixture.Client.AskAsync(
            "POST", "/datasets", new StringContent(json, Encoding.UTF8, "application/json"));
        Assert.Equal(status, answer.Status);
        Assert.Contains(text, answer.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(fixture.Folder.Path));
    }

    [Fact]
    public async Task PostedSpellingsAndResolutionsAreEchoedAlsoAfterARestart()
    {
        const string json = """
            {"voxelType":"UINT8","dimensions":[65,64,33],"timepoints":7,"timepointIds":[4,2,4],"voxelResolution":[0.0001,1.5,12345678],"compression":"None","channels":2,
             "timepointResolution":{"value":1,"unit":"min"},"channelResolution":{"value":0,"unit":null},"angleResolution":{"value":90.5,"unit":"\u00b0"},"label":"a/b:\"c\" \u00fc",
             "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[32,32,32]}]}
            """;
        using TemporaryFolder folder = new();
        string uuid;
        string first;
        await using (DataStoreFS.Server.DataStoreServer server = await DataStoreFS.Server.DataStoreServer.StartAsync(
            ServerFixture.Options(folder.Path)))
        {
            using HttpClient client = new() { BaseAddress = server.Url };
            uuid = await client.CreateAsync(json);
            first = await client.GetStringAsync($"/datasets/{uuid}");
        }

        Assert.Equal(
            $$$"""
            {"uuid":"{{{uuid}}}","voxelType":"UINT8","dimensions":[65,64,33],"timepoints":7,"channels":2,"angles":1,"transformations":null,"voxelUnit":null,
            "voxelResolution":[1.0E-4,1.5,1.2345678E7],"timepointResolution":{"value":1.0,"unit":"min"},"channelResolution":{"value":0.0,"unit":null},
            "angleResolution":{"value":90.5,"unit":"°"},"compression":"None","resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[32,32,32]}],
            "versions":[0],"label":"a b  c  ü","viewRegistrations":null,"timepointIds":[2,4],"datasetType":null}
            """.ReplaceLineEndings(string.Empty),
            first);
        await using DataStoreFS.Server.DataStoreServer again = await DataStoreFS.Server.DataStoreServer.StartAsync(
            ServerFixture.Options(folder.Path));
        using HttpClient second = new() { BaseAddress = again.Url };
        Assert.Equal([uuid], again.Datasets);
        Assert.Equal(first, await second.GetStringAsync($"/datasets/{uuid}"));
        Assert.Contains("<unit />", await second.GetStringAsync($"/datasets/{uuid}/0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DirectoryThatAppearsLaterIsServedInBlocksAtOnceAndInJsonOnceRegistered()
    {
        const string uuid = "fec5f7d4-fe28-4892-a5ee-b1ecb173e865";
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        Fixtures.Copy("server", fixture.Folder.Path);
        Assert.Equal(404, (await fixture.Client.AskAsync("GET", $"/datasets/{uuid}")).Status);
        Assert.Equal(200, (await fixture.Client.AskAsync("GET", $"/datasets/{uuid}/4/4/2/0/0/0/0/0/0/0")).Status);
        Assert.Equal((200, "Done."), await fixture.Client.AskAsync("POST", $"/datasets/{uuid}"));
        Assert.Equal(Recorded.Get("versions-dataset").Text, await fixture.Client.GetStringAsync($"/datasets/{uuid}"));
    }

    private static string Without(string key) => Versions.Replace($"\"{key}\"", "\"other\"", StringComparison.Ordinal);

    private static IEnumerable<string> Metadata(string dataset, string version) => Directory
        .GetFiles(Path.Combine(dataset, version), "*", SearchOption.AllDirectories)
        .Where(f => Path.GetExtension(f).Length > 0)
        .Select(f => Path.GetRelativePath(dataset, f))
        .Order(StringComparer.Ordinal);
}
