using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using Integration.Mounts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Foreign;

/// <summary>
/// What other people's software writes through a mount is what a second, fresh mount and plain HTTP show: in every voxel type, every
/// compression, and by every way of writing a file.
/// </summary>
public sealed class ForeignWriterTests
{
    private const string Image = "setup0/timepoint0/s0";
    private const string Dimensions = "70,50,21";
    private const string Block = "32,16,8";

    [MountTheory]
    [InlineData("uint8")]
    [InlineData("uint16")]
    [InlineData("uint32")]
    [InlineData("uint64")]
    [InlineData("int8")]
    [InlineData("int16")]
    [InlineData("int32")]
    [InlineData("int64")]
    [InlineData("float32")]
    [InlineData("float64")]
    public Task EveryCompressionAndWayOfWritingArrives(string type) => ArrivesAsync(type, "write", Image, "17");

    [MountTheory]
    [InlineData("uint16", "N5Store")]
    [InlineData("float32", "N5Store")]
    [InlineData("uint8", "N5FSStore")]
    [InlineData("float64", "N5FSStore")]
    public Task WhatZarrWritesArrives(string type, string store) => ArrivesAsync(type, "zarr", Image, "23", store);

    private static async Task ArrivesAsync(string type, string verb, params string[] arguments)
    {
        string uuid = string.Empty;
        await using MountedFolder mounted = await MountedFolder.StartAsync(
            _ => { },
            async url =>
            {
                uuid = await CreateAsync(url, type);
                return new SourceAddress(url.ToString().TrimEnd('/'), uuid, "0");
            },
            settings =>
                settings with
                {
                    ReadWrite = true,
                    OverlayFolder = Path.Join(Path.GetDirectoryName(settings.MountPoint), "overlay"),
                    JournalFolder = Path.Join(Path.GetDirectoryName(settings.MountPoint), "journal"),
                });
        string written = await Command.RunCleanAsync("/usr/bin/python3", [Beside("blocks.py"), verb, mounted.Tree, .. arguments]);

        string seen = await Command.RunCleanAsync("/usr/bin/python3", Beside("dense.py"), mounted.Tree);
        Assert.Contains($"dense={written.Trim()}", seen, StringComparison.Ordinal);
        Assert.Equal(written, await Command.RunCleanAsync(
            "/usr/bin/python3", Beside("blocks.py"), "http", new Uri(mounted.Url, $"datasets/{uuid}/1/1/1/0").ToString(), type, Dimensions, Block));

        string second = Path.Join(mounted.Scratch, "second");
        Directory.CreateDirectory(second);
        await using DataStoreMount fresh = await DataStoreMount.StartAsync(
            mounted.Mount.Settings with { MountPoint = second, ReadWrite = false, OverlayFolder = null, JournalFolder = null },
            NullLoggerFactory.Instance,
            default);
        Assert.Contains(
            $"dense={written.Trim()}",
            await Command.RunCleanAsync("/usr/bin/python3", Beside("dense.py"), second + "/export.n5"),
            StringComparison.Ordinal);
    }

    private static async Task<string> CreateAsync(Uri url, string type)
    {
        using HttpClient http = new();
        using StringContent body = new(
            $$"""
            {"voxelType":"{{type}}","dimensions":[{{Dimensions}}],"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"gzip",
             "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[{{Block}}]}]}
            """,
            Encoding.UTF8,
            new MediaTypeHeaderValue("application/json"));
        using HttpResponseMessage response = await http.PostAsync(new Uri(url, "datasets/"), body);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    private static string Beside(string script, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, script);
}
