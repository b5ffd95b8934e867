using System.Security.Cryptography;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using DataStoreFS.Server;
using Integration.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Opening;

/// <summary>Opening over the wire: our client, our opener, our server, folders written by other programs.</summary>
public sealed class OpeningTests
{
    private const string Uuid = "0b0e8a2c-6f5e-4f5e-9f0a-2d6f8f1c7a11";

    // From the file that the writer of the tree left beside it.
    private const string DenseLevel2 = "805a3323d9736d18e79aae1475eaf408cf640f72604b6044405fb4d2ef0d0c94";

    [Theory]
    [InlineData("raw")]
    [InlineData("gzip")]
    [InlineData("lz4")]
    public async Task ARegisteredTreeOfNewBigDataViewerHasItsCeiledLevelsAndItsVoxels(string compression)
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            folder => Fixtures.Copy($"n5/{compression}", Path.Combine(folder, Uuid, "0")));
        using NativeBlockPool pool = new();
        await using DataStoreClient client = new(fixture.Server.Url.ToString(), pool);

        OpenedVolume opened = await OpenAsync(client, Uuid, null);

        LevelInfo level = opened.Info.Setups[0].Levels[2];
        Assert.Equal(new Size3(38, 33, 20), level.Dimensions);
        ImageAddress image = new(Uuid, level.Factors, "mixedLatest", 0, 0, 0);
        BlockRequest[] blocks =
        [
            .. Enumerable.Range(0, (int)level.Grid.Z).Select(z => new BlockRequest(0, 0, z, level.SizeAt(0, 0, z), level.BlockSize, 2)),
        ];
        using MemoryStream dense = new();
        await client.ReadBlocksAsync(image, blocks, new Appender(dense), CancellationToken.None);
        Assert.Equal(DenseLevel2, Convert.ToHexStringLower(SHA256.HashData(dense.ToArray())));
        Assert.Equal(0, pool.Rented);
    }

    [Fact]
    public async Task VersionsAreFoundAndNoneIsMade()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync(folder => Fixtures.Copy("server", folder));
        using NativeBlockPool pool = new();
        await using DataStoreClient client = new(fixture.Server.Url.ToString(), pool);
        string uuid = Assert.Single(fixture.Server.Datasets);

        Assert.Equal("1", (await OpenAsync(client, uuid, "latest")).Info.ResolvedVersion);
        Assert.Equal(["0", "1", "mixedLatest"], (await OpenAsync(client, uuid, "all")).Info.Setups.Select(setup => setup.Version));
        OpenedVolume mixed = await OpenAsync(client, uuid, null);
        Assert.Equal(new Size3(37, 32, 20), mixed.Info.Setups[0].Levels[2].Dimensions);
        Assert.Contains("bdv.n5", Encoding.UTF8.GetString(mixed.ExportXml.Span), StringComparison.Ordinal);

        DataStoreException unknown = await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(client, uuid, "7"));
        Assert.Equal(DataStoreErrorKind.NotFound, unknown.Kind);
        Assert.False(Directory.Exists(Path.Combine(fixture.Folder.Path, uuid, "7")));
    }

    [Theory]
    [InlineData(500, "<html><h1>Internal Server Error</h1></html>", 1, "1")]
    [InlineData(500, "<html><h1>Internal Server Error</h1></html>", 100, "0")]
    [InlineData(404, "no such version", 1, "0")]
    [InlineData(503, "busy", 100, null)]
    public async Task LatestIsAnOlderVersionOnlyWhenTheServerItselfSaysSo(int status, string text, int times, string? latest)
    {
        Faults faults = new();
        await using ServerFixture fixture = await ServerFixture.StartAsync(
            folder => Fixtures.Copy("server", folder),
            folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Faults = faults });
        string uuid = Assert.Single(fixture.Server.Datasets);
        for (int i = 0; i < times; i++)
        {
            faults.Next(FaultAction.Status(status, text), path: $"/datasets/{uuid}/1");
        }

        using NativeBlockPool pool = new();
        await using DataStoreClient client = new(fixture.Server.Url.ToString(), pool, new RemoteOptions { Retries = 0 });
        Task<OpenedVolume> opening = OpenAsync(client, uuid, "latest");

        if (latest is null)
        {
            Assert.Equal(DataStoreErrorKind.Unreachable, (await Assert.ThrowsAsync<DataStoreException>(() => opening)).Kind);
        }
        else
        {
            Assert.Equal(latest, (await opening).Info.ResolvedVersion);
        }
    }

    [Fact]
    public async Task AnUnknownDatasetIsNotFound()
    {
        await using ServerFixture fixture = await ServerFixture.StartAsync();
        using NativeBlockPool pool = new();
        await using DataStoreClient client = new(fixture.Server.Url.ToString(), pool);

        Assert.Equal(DataStoreErrorKind.NotFound, (await Assert.ThrowsAsync<DataStoreException>(() => OpenAsync(client, Uuid, null))).Kind);
    }

    private static Task<OpenedVolume> OpenAsync(DataStoreClient client, string uuid, string? version) =>
        new VolumeOpener(client, NullLogger.Instance).OpenAsync(
            new SourceAddress(client.Server, uuid, version), 0, writable: false, CancellationToken.None);

    private sealed class Appender(Stream target) : IBlockSink
    {
        public void Deliver(int index, BlockBuffer? block, Size3 storedSize)
        {
            target.Write(block!.Payload);
            block.Release();
        }
    }
}
