using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>The BigDataServer emulation.</summary>
public sealed class BigDataServerTests
{
    [Fact]
    public async Task InitTellsGeometryAndCellsAreVoxelsWithoutHeader()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple("uint16", "gzip"));
        byte[] edge = TestDatasets.Frame(1, 32, 1, 2);
        await fixture.Client.PostBlocksAsync($"/datasets/{uuid}/1/1/1/0/2/1/1/0/0/0", edge);
        Assert.Equal(
            $$$"""
            {"uuid":"{{{uuid}}}","maxNumTimepoints":1,"maxNumSetups":1,"maxNumLevels":2,"perSetupMipmapInfo":{"0":{"resolutions":[[1.0,1.0,1.0],[2.0,2.0,2.0]],
            "transforms":[[1.0,0.0,0.0,0.0,0.0,1.0,0.0,0.0,0.0,0.0,1.0,0.0],[2.0,0.0,0.0,0.5,0.0,2.0,0.0,0.5,0.0,0.0,2.0,0.5]],
            "subdivisions":[[32,32,32],[32,32,32]],"maxLevel":1}},"dimsAndExistence":[[{"timepointId":0,"setupId":0,"level":0},{"dimensions":[65,64,33],"exists":true}],
            [{"timepointId":0,"setupId":0,"level":1},{"dimensions":[32,32,16],"exists":true}]],"dataType":"UINT16"}
            """.ReplaceLineEndings(string.Empty),
            await fixture.Client.GetStringAsync($"/bdv/{uuid}/0?p=init"));
        Assert.Equal(edge[12..], await fixture.Client.GetByteArrayAsync($"/bdv/{uuid}/0?p=cell/0/0/0/0/1/32/1/64/32/32"));
        Assert.Equal(edge[12..], await fixture.Client.GetByteArrayAsync($"/bdv/{uuid}/mixedLatest/?p=cell/0/0/0/0/1/32/1/64/32/32"));
        foreach (string nothing in new[]
        {
            "cell/0/0/0/0/32/32/32/0/0/0",
            "cell/0/7/0/0/32/32/32/0/0/0",
            "cell/0/0/0/9/32/32/32/0/0/0",
            "cell/1/2",
            "cell/a/b/c/d/e/f/g/h/i/j",
        })
        {
            Assert.Equal((200, string.Empty), await fixture.Client.AskAsync("GET", $"/bdv/{uuid}/0?p={nothing}"));
        }
    }

    [Fact]
    public async Task CellsBeforeInitAreEmptyWhenTheQuirkIsOn()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Quirks = OriginalQuirks.CellsNeedInit });
        string uuid = await fixture.Client.CreateAsync(TestDatasets.Simple());
        byte[] frame = TestDatasets.Frame(32, 32, 32);
        await fixture.Client.PostBlocksAsync($"/datasets/{uuid}/1/1/1/0/0/0/0/0/0/0", frame);
        string cell = $"/bdv/{uuid}/0?p=cell/0/0/0/0/32/32/32/0/0/0";
        Assert.Empty(await fixture.Client.GetByteArrayAsync(cell));
        await fixture.Client.GetStringAsync($"/bdv/{uuid}/0?p=init");
        Assert.Equal(frame[12..], await fixture.Client.GetByteArrayAsync(cell));
    }
}
