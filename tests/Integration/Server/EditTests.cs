using System.Buffers.Binary;
using System.Text;
using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>Common metadata, further channels, rebuilt pyramids.</summary>
public sealed class EditTests
{
    [Fact]
    public async Task CommonMetadataIsReplacedAndOtherTypesFindNoResource()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string path = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple())}/common-metadata";
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("GET", path));
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("POST", path, new StringContent("first", Encoding.UTF8, "text/plain")));
        StringContent label = new("über\nalles", Encoding.UTF8, "text/plain");
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("POST", path, label));
        Assert.Equal("über\nalles", await fixture.Client.GetStringAsync(path));
        Assert.Equal(
            (404, $"Resource {path} not found"),
            await fixture.Client.AskAsync("POST", path, new StringContent("{}", Encoding.UTF8, "application/json")));
    }

    [Fact]
    public async Task AddedChannelsContinueIdsInEveryVersionWithTheLastRegistrationOfTheirAngle()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Registrations);
        string dataset = $"/datasets/{uuid}";
        await fixture.Client.AskAsync("GET", $"{dataset}/1/1/1/new/write");
        Assert.Equal((400, "2\n is not integer"), await fixture.Client.AskAsync("POST", $"{dataset}/channels", new StringContent("2\n")));
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("POST", $"{dataset}/channels"));
        Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("POST", $"{dataset}/channels", new StringContent("1")));
        Assert.Equal((200, "4"), await fixture.Client.AskAsync("GET", $"{dataset}/channels"));
        Assert.Contains("\"channels\":4,", await fixture.Client.GetStringAsync(dataset), StringComparison.Ordinal);
        foreach (string version in new[] { "0", "1" })
        {
            string xml = (await fixture.Client.GetStringAsync($"{dataset}/{version}")).ReplaceLineEndings("");
            Assert.Contains(
                "<id>7</id>      <name>setup7</name>", xml.Replace("        ", "      ", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Contains("<Channel>          <id>3</id>          <name>3</name>", xml, StringComparison.Ordinal);

            // cal * shift of the last view of angle 1 (timepoint 1, channel 1): 2 * 11, 2 * 1.
            Assert.Contains(
                "setup=\"7\">      <ViewTransform type=\"affine\">        <affine>2.0 0.0 0.0 22.0 0.0 2.0 0.0 2.0 0.0 0.0 5.0 0.0</affine>",
                xml,
                StringComparison.Ordinal);
        }

        byte[] frame = TestDatasets.Frame(16, 16, 8);
        Assert.Equal((200, string.Empty), await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/1/0/0/0/1/3/1", frame));
        Assert.Equal(frame, await fixture.Client.GetByteArrayAsync($"{dataset}/1/1/1/1/0/0/0/1/3/1"));
        Assert.Equal(
            """{"compression":{"type":"lz4","blockSize":65536},"downsamplingFactors":[1,1,1],"blockSize":[16,16,8],"dataType":"uint8","dimensions":[40,30,10]}""",
            await File.ReadAllTextAsync(Path.Combine(fixture.Folder.Path, uuid, "1/export.n5/setup7/timepoint1/s0/attributes.json")));
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 501)]
    public async Task RebuiltLevelIsTheMeanOfTheFinerOne(bool quirk, int status)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(options: folder => new DataStoreServerOptions
        {
            Folder = folder,
            Urls = ["http://127.0.0.1:0"],
            Quirks = quirk ? OriginalQuirks.RebuildAnswers501 : OriginalQuirks.None,
        });
        string dataset = $"/datasets/{await fixture.Client.CreateAsync(TestDatasets.Simple("uint16", "gzip"))}";
        byte[] first = TestDatasets.Frame(32, 32, 32, 2);
        byte[] edge = TestDatasets.Frame(1, 32, 32, 2, seed: 2);
        await fixture.Client.PostBlocksAsync($"{dataset}/1/1/1/0/0/0/0/0/0/0/2/0/0/0/0/0", first, edge);
        Assert.Equal((status, string.Empty), await fixture.Client.AskAsync("PATCH", $"{dataset}/0/0/0/0/rebuild"));
        byte[] coarse = await fixture.Client.GetByteArrayAsync($"{dataset}/2/2/2/0/0/0/0/0/0/0");

        // Level 1 is 32 x 32 x 16: the odd last column and plane of level 0 belong to no coarse voxel.
        Assert.Equal(12 + (32 * 32 * 16 * 2), coarse.Length);
        for (int z = 0; z < 16; z++)
        {
            for (int y = 0; y < 32; y++)
            {
                for (int x = 0; x < 32; x++)
                {
                    Assert.Equal(x < 16 && y < 16 ? MeanOfEight(first, x, y, z) : 0, Voxel(coarse, x, y, z, 32));
                }
            }
        }
    }

    private static int MeanOfEight(byte[] frame, int x, int y, int z)
    {
        int sum = 0;
        for (int i = 0; i < 8; i++)
        {
            sum += Voxel(frame, (2 * x) + (i & 1), (2 * y) + ((i >> 1) & 1), (2 * z) + (i >> 2), 32);
        }

        return (sum + 4) / 8;
    }

    private static int Voxel(byte[] frame, int x, int y, int z, int height) =>
        BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12 + (2 * ((((z * height) + y) * 32) + x))));
}
