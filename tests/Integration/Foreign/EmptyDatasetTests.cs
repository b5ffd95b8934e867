using System.Net.Http.Headers;
using System.Text;
using DataStoreFS.Model;
using Integration.Mounts;

namespace Integration.Foreign;

/// <summary>Servers accept a dataset without channels; nothing is in it, but looking must not fail.</summary>
public sealed class EmptyDatasetTests
{
    private const string Create = """
        {"voxelType":"uint8","dimensions":[65,64,33],"channels":0,"voxelUnit":"um","voxelResolution":[1,1,1],"compression":"raw",
         "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[32,32,32]}]}
        """;

    [MountFact]
    public async Task ADatasetWithoutChannelsIsAnEmptyTree()
    {
        using HttpClient http = new();
        await using MountedFolder mounted = await MountedFolder.StartAsync(
            _ => { },
            async url =>
            {
                using StringContent body = new(Create, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                using HttpResponseMessage response = await http.PostAsync(new Uri(url, "datasets/"), body);
                response.EnsureSuccessStatusCode();
                return new SourceAddress(url.ToString().TrimEnd('/'), await response.Content.ReadAsStringAsync(), null);
            });
        Assert.Equal("attributes.json\n", await Command.RunCleanAsync("ls", mounted.Tree));
        await Command.RunCleanAsync("grep", "-q", "bdv.n5", mounted.Mount.MountPoint + "/export.xml");
    }
}
