using System.Globalization;
using System.Text;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Demo;

/// <summary>The <c>export.xml</c> of the demonstration dataset, as the server writes it to its disk.</summary>
internal static class DemoXml
{
    public static string Write()
    {
        Size3 size = DemoShape.Dimensions;
        string[] voxel = [.. DemoShape.VoxelSize.Select(v => v.ToString("0.0##", CultureInfo.InvariantCulture))];
        var setups = new StringBuilder();
        var registrations = new StringBuilder();
        for (int channel = 0; channel < DemoShape.Channels; channel++)
        {
            setups.AppendLine(CultureInfo.InvariantCulture, $"""
                      <ViewSetup>
                        <id>{channel}</id>
                        <name>{(channel == 0 ? "nuclei" : "membranes")}</name>
                        <size>{size.X} {size.Y} {size.Z}</size>
                        <voxelSize>
                          <unit>{DemoShape.Unit}</unit>
                          <size>{string.Join(' ', voxel)}</size>
                        </voxelSize>
                        <attributes>
                          <illumination>0</illumination>
                          <channel>{channel}</channel>
                          <tile>0</tile>
                          <angle>0</angle>
                        </attributes>
                      </ViewSetup>
                """);
        }

        for (int timepoint = 0; timepoint < DemoShape.Timepoints; timepoint++)
        {
            for (int channel = 0; channel < DemoShape.Channels; channel++)
            {
                // In micrometres, so that a viewer shows the embryo as round as it is.
                registrations.AppendLine(CultureInfo.InvariantCulture, $"""
                        <ViewRegistration timepoint="{timepoint}" setup="{channel}">
                          <ViewTransform type="affine">
                            <Name>calibration</Name>
                            <affine>{voxel[0]} 0.0 0.0 0.0 0.0 {voxel[1]} 0.0 0.0 0.0 0.0 {voxel[2]} 0.0</affine>
                          </ViewTransform>
                        </ViewRegistration>
                    """);
            }
        }

        return $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <SpimData version="0.2">
              <BasePath type="relative">export.n5</BasePath>
              <SequenceDescription>
                <ImageLoader format="bdv.n5" version="1.0">
                  <n5 type="relative">.</n5>
                </ImageLoader>
                <ViewSetups>
            {setups}{Entities("illumination", 1)}{Entities("channel", DemoShape.Channels)}{Entities("tile", 1)}{Entities("angle", 1)}    </ViewSetups>
                <Timepoints type="range">
                  <first>0</first>
                  <last>{DemoShape.Timepoints - 1}</last>
                </Timepoints>
              </SequenceDescription>
              <ViewRegistrations>
            {registrations}  </ViewRegistrations>
            </SpimData>

            """.ReplaceLineEndings("\r\n"); // as the server's XML library does
    }

    private static string Entities(string attribute, int count)
    {
        string element = char.ToUpperInvariant(attribute[0]) + attribute[1..];
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"      <Attributes name=\"{attribute}\">");
        for (int id = 0; id < count; id++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"        <{element}><id>{id}</id><name>{id}</name></{element}>");
        }

        return text.AppendLine("      </Attributes>").ToString();
    }
}
