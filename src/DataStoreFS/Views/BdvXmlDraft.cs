using System.Globalization;
using System.Security;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Views;

/// <summary>
/// An XML made up from the dataset's JSON, for servers that cannot send one. Channels, angles and their order are as a DataStore lays them out;
/// the JSON has no transforms, so every view is only scaled by its voxel size.
/// </summary>
public static class BdvXmlDraft
{
    /// <exception cref="DataStoreException">Protocol: more views than a document can hold.</exception>
    public static string Write(DatasetDescription dataset)
    {
        long views = (long)dataset.Channels * dataset.Angles * dataset.TimepointIds.Count;
        if ((long)dataset.Channels * dataset.Angles > DatasetLimits.MostSetups || views > DatasetLimits.MostTimepoints)
        {
            throw BdvXmlReader.Wrong($"there is none, and one for {views} views is too much to be made up");
        }

        StringBuilder xml = new();
        xml.Append("""
            <?xml version="1.0" encoding="UTF-8"?>
            <SpimData version="0.2">
              <BasePath type="relative">.</BasePath>
              <SequenceDescription>
                <ImageLoader format="bdv.n5" version="1.0" />
                <ViewSetups>

            """);
        for (int setup = 0; setup < dataset.Channels * dataset.Angles; setup++)
        {
            WriteSetup(xml, dataset, setup);
        }

        WriteEntities(xml, "illumination", "Illumination", 1);
        WriteEntities(xml, "channel", "Channel", dataset.Channels);
        WriteEntities(xml, "tile", "Tile", 1);
        WriteEntities(xml, "angle", "Angle", dataset.Angles);
        xml.Append("    </ViewSetups>\n    <Timepoints type=\"list\">\n");
        foreach (int id in dataset.TimepointIds)
        {
            Line(xml, $"      <Timepoint>\n        <id>{id}</id>\n      </Timepoint>");
        }

        xml.Append("    </Timepoints>\n  </SequenceDescription>\n  <ViewRegistrations>\n");
        WriteRegistrations(xml, dataset);
        return xml.Append("  </ViewRegistrations>\n</SpimData>\n").ToString();
    }

    private static void WriteSetup(StringBuilder xml, DatasetDescription dataset, int setup)
    {
        string unit = SecurityElement.Escape(
            new string([.. (dataset.VoxelUnit ?? "pixel").Where(c => !char.IsControl(c) && !char.IsSurrogate(c) && c < '\uFFFE')]));
        string voxel = string.Join(' ', dataset.VoxelSize.Select(JavaNumber.Format));
        Size3 size = dataset.Dimensions;
        Line(xml, $"""
                  <ViewSetup>
                    <id>{setup}</id>
                    <name>setup{setup}</name>
                    <size>{size.X} {size.Y} {size.Z}</size>
                    <voxelSize>
                      <unit>{unit}</unit>
                      <size>{voxel}</size>
                    </voxelSize>
                    <attributes>
                      <illumination>0</illumination>
                      <channel>{setup / dataset.Angles}</channel>
                      <tile>0</tile>
                      <angle>{setup % dataset.Angles}</angle>
                    </attributes>
                  </ViewSetup>
            """);
    }

    private static void WriteEntities(StringBuilder xml, string name, string element, int count)
    {
        Line(xml, $"      <Attributes name=\"{name}\">");
        for (int id = 0; id < count; id++)
        {
            Line(xml, $"        <{element}>\n          <id>{id}</id>\n          <name>{id}</name>\n        </{element}>");
        }

        Line(xml, $"      </Attributes>");
    }

    private static void WriteRegistrations(StringBuilder xml, DatasetDescription dataset)
    {
        double unit = dataset.VoxelSize.Min();
        string[] scale = [.. dataset.VoxelSize.Select(size => JavaNumber.Format(size / unit))];
        foreach (int timepoint in dataset.TimepointIds)
        {
            for (int setup = 0; setup < dataset.Channels * dataset.Angles; setup++)
            {
                Line(xml, $"""
                        <ViewRegistration timepoint="{timepoint}" setup="{setup}">
                          <ViewTransform type="affine">
                            <Name>calibration</Name>
                            <affine>{scale[0]} 0.0 0.0 0.0 0.0 {scale[1]} 0.0 0.0 0.0 0.0 {scale[2]} 0.0</affine>
                          </ViewTransform>
                        </ViewRegistration>
                    """);
            }
        }
    }

    private static void Line(StringBuilder xml, FormattableString text) => xml.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
