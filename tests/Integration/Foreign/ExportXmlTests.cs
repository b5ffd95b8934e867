using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;
using DataStoreFS.Model;
using Integration.Mounts;

namespace Integration.Foreign;

/// <summary>What BigDataViewer takes from <c>export.xml</c>, against what the server's own XML says.</summary>
public sealed class ExportXmlTests
{
    // Two angles, several named transforms per view, timepoint ids with holes.
    private const string Create = """
        {"voxelType":"uint8","dimensions":[65,64,33],"channels":1,"angles":2,"voxelUnit":"um","voxelResolution":[0.4,0.4,2],
         "compression":"raw","timepointIds":[9,3,5],
         "viewRegistrations":[
          {"angle":0,"channel":0,"time":3,"transformations":[{"name":"shift","rowPackedMatrix":[1,0,0,12.5,0,1,0,0,0,0,1,0]},{"name":"calibration","rowPackedMatrix":[1,0,0,0,0,1,0,0,0,0,5,0]}]},
          {"angle":1,"channel":0,"time":3,"transformations":[{"name":null,"rowPackedMatrix":[0.5,0,0,10.25,0,1,0,-3,0,0,5.002463054187192,7]}]},
          {"angle":0,"channel":0,"time":5,"transformations":[{"name":"calibration","rowPackedMatrix":[1,0,0,0,0,1,0,0,0,0,5,0]}]},
          {"angle":1,"channel":0,"time":5,"transformations":[{"name":"a","rowPackedMatrix":[1,0,0,1,0,1,0,0,0,0,1,0]},{"name":"b","rowPackedMatrix":[1,0,0,2,0,1,0,0,0,0,1,0]},{"name":"c","rowPackedMatrix":[1,0,0,3,0,1,0,0,0,0,1,0]}]},
          {"angle":0,"channel":0,"time":9,"transformations":[{"name":"calibration","rowPackedMatrix":[1,0,0,0,0,1,0,0,0,0,5,0]}]},
          {"angle":1,"channel":0,"time":9,"transformations":[{"name":"calibration","rowPackedMatrix":[1,0,0,0,0,1,0,0,0,0,5,0]}]}],
         "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[32,32,32]},{"resolutions":[2,2,2],"blockDimensions":[32,32,32]}]}
        """;

    [MountFact]
    public async Task RegistrationsAttributesAndTimepointsAreTheServers()
    {
        string uuid = string.Empty;
        using HttpClient http = new();
        await using MountedFolder mounted = await MountedFolder.StartAsync(
            _ => { },
            async url =>
            {
                using StringContent body = new(Create, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                using HttpResponseMessage response = await http.PostAsync(new Uri(url, "datasets/"), body);
                response.EnsureSuccessStatusCode();
                uuid = await response.Content.ReadAsStringAsync();
                return new SourceAddress(url.ToString().TrimEnd('/'), uuid, null);
            });
        XElement server = XElement.Parse(await http.GetStringAsync(new Uri(mounted.Url, $"datasets/{uuid}/0")));
        XElement mount = XElement.Parse(await Command.RunCleanAsync("cat", mounted.Mount.MountPoint + "/export.xml"));

        Assert.Equal(".", mount.Element("BasePath")!.Value);
        XElement loader = mount.Element("SequenceDescription")!.Element("ImageLoader")!;
        Assert.Equal(
            ("bdv.n5", "export.n5", "relative"),
            (loader.Attribute("format")!.Value, loader.Element("n5")!.Value, loader.Element("n5")!.Attribute("type")!.Value));
        Assert.Equal(
            ["timepoint3", "timepoint5", "timepoint9"],
            (await Command.ShellAsync($"cd {mounted.Tree}/setup1 && ls -d timepoint*")).Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Same(server.Element("ViewRegistrations")!, mount.Element("ViewRegistrations")!);
        Same(server.Element("SequenceDescription")!.Element("Timepoints")!, mount.Element("SequenceDescription")!.Element("Timepoints")!);
        XElement setups = new(server.Element("SequenceDescription")!.Element("ViewSetups")!);
        setups.Descendants("version").Remove();
        setups.Elements("Attributes").Where(e => e.Attribute("name")!.Value == "version").Remove();
        Same(setups, mount.Element("SequenceDescription")!.Element("ViewSetups")!);
        Assert.Equal(9, mount.Descendants("ViewTransform").Count());
    }

    private static void Same(XElement expected, XElement actual) =>
        Assert.Equal(expected.ToString(SaveOptions.None), actual.ToString(SaveOptions.None));
}
