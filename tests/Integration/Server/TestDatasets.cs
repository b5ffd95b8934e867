using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Integration.Server;

/// <summary>Datasets as they were posted to the original for the recordings, and smaller ones.</summary>
internal static class TestDatasets
{
    public const string Small = """
        {"voxelType":"uint16","dimensions":[150,130,40],"timepoints":3,"channels":2,"angles":1,"voxelUnit":"um","voxelResolution":[0.4,0.4,1],
         "compression":"gzip","label":"small","resolutionLevels":[
         {"resolutions":[1,1,1],"blockDimensions":[64,64,16]},{"resolutions":[2,2,1],"blockDimensions":[64,64,16]},{"resolutions":[4,4,2],"blockDimensions":[32,32,16]}]}
        """;

    public const string Angles = """
        {"voxelType":"float32","dimensions":[96,80,24],"timepoints":3,"timepointIds":[9,3,5],"channels":1,"angles":2,"voxelUnit":"um","voxelResolution":[0.4,0.4,1],
         "compression":"raw","label":"angles","transformations":[[1,0,0,0, 0,1,0,0, 0,0,2.5,0],[0,0,2.5,10, 0,1,0,-3.25, -1,0,0,96]],
         "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[32,32,8]},{"resolutions":[2,2,2],"blockDimensions":[16,16,8]}]}
        """;

    /// <summary>Every view has two named transforms; the second is its own.</summary>
    public static string Registrations { get; } =
        """
        {"voxelType":"uint8","dimensions":[40,30,10],"timepoints":2,"channels":2,"angles":2,"voxelUnit":"um","voxelResolution":[0.4,0.4,1],
         "compression":"lz4","label":"regs","resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[16,16,8]}],"viewRegistrations":[
        """ + string.Join(
            ',',
            from time in Enumerable.Range(0, 2)
            from channel in Enumerable.Range(0, 2)
            from angle in Enumerable.Range(0, 2)
            select $$"""
                {"angle":{{angle}},"channel":{{channel}},"time":{{time}},"transformations":[
                 {"name":"cal","rowPackedMatrix":[2,0,0,0, 0,2,0,0, 0,0,5,0]},
                 {"name":"shift","rowPackedMatrix":[1,0,0,{{(10 * angle) + time}}, 0,1,0,{{channel}}, 0,0,1,0]}]}
                """) + "]}";

    /// <summary>One image of 65 x 64 x 33 voxels in blocks of 32, levels 1,1,1 and 2,2,2.</summary>
    public static string Simple(string voxelType = "uint8", string compression = "raw") => $$"""
        {"voxelType":"{{voxelType}}","dimensions":[65,64,33],"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"{{compression}}",
         "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[32,32,32]},{"resolutions":[2,2,2],"blockDimensions":[32,32,32]}]}
        """;

    public static async Task<string> CreateAsync(this HttpClient client, string json)
    {
        using StringContent body = new(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await client.PostAsync("/datasets/", body);
        string uuid = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, uuid);
        return uuid;
    }

    public static async Task<(int Status, string Text)> AskAsync(this HttpClient client, string method, string path, HttpContent? body = null)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path) { Content = body };
        using HttpResponseMessage answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync()));
    }

    public static async Task<(int Status, string Text)> PostBlocksAsync(this HttpClient client, string path, params byte[][] frames)
    {
        ByteArrayContent body = new([.. frames.SelectMany(f => f)]);
        body.Headers.ContentType = new("application/octet-stream");
        return await client.AskAsync("POST", path, body);
    }

    /// <summary>A block as it is on the wire, with reproducible voxels.</summary>
    public static byte[] Frame(int x, int y, int z, int voxelBytes = 1, int seed = 1)
    {
        byte[] frame = new byte[12 + (x * y * z * voxelBytes)];
        new Random(seed).NextBytes(frame);
        BinaryPrimitives.WriteInt32BigEndian(frame, x);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), y);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(8), z);
        return frame;
    }

    public static byte[] Missing => [.. Enumerable.Repeat((byte)0xff, 12)];
}
