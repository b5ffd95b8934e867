using System.Text;
using System.Text.Encodings.Web;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// The dataset's JSON, byte for byte as the original's: one line, all keys always there, in this order, numbers as Java writes them.
/// </summary>
internal static class DatasetJson
{
    public static string Render(Dataset dataset, IReadOnlyList<int> versions, IReadOnlyList<int> timepointIds)
    {
        DatasetRecord record = dataset.Record;
        StringBuilder json = new(1024);
        json.Append("{\"uuid\":").Append(Quote(dataset.Folder.Uuid));
        json.Append(",\"voxelType\":").Append(Quote(record.VoxelType));
        json.Append(",\"dimensions\":[").AppendJoin(',', record.Dimensions).Append(']');
        json.Append(",\"timepoints\":").Append(record.Timepoints);
        json.Append(",\"channels\":").Append(record.Channels);
        json.Append(",\"angles\":").Append(record.Angles);
        json.Append(",\"transformations\":null");
        json.Append(",\"voxelUnit\":").Append(Quote(record.VoxelUnit));
        json.Append(",\"voxelResolution\":[").AppendJoin(',', record.VoxelResolution.Select(JavaNumber.Format)).Append(']');
        json.Append(",\"timepointResolution\":").Append(Render(record.TimepointResolution));
        json.Append(",\"channelResolution\":").Append(Render(record.ChannelResolution));
        json.Append(",\"angleResolution\":").Append(Render(record.AngleResolution));
        json.Append(",\"compression\":").Append(Quote(record.Compression));
        json.Append(",\"resolutionLevels\":[").AppendJoin(',', record.Levels.Select(Render)).Append(']');
        json.Append(",\"versions\":[").AppendJoin(',', versions).Append(']');
        json.Append(",\"label\":").Append(Quote(dataset.Folder.Label));
        json.Append(",\"viewRegistrations\":null");
        json.Append(",\"timepointIds\":[").AppendJoin(',', timepointIds).Append(']');
        json.Append(",\"datasetType\":null}");
        return json.ToString();
    }

    // Jackson leaves everything as it is but quotes, backslashes and control characters.
    public static string Quote(string? text) => text is null ? "null" : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    private static string Render(Resolution? resolution) => resolution is null
        ? "null"
        : $"{{\"value\":{JavaNumber.Format(resolution.Value)},\"unit\":{Quote(resolution.Unit)}}}";

    private static string Render(LevelRecord level) =>
        $"{{\"resolutions\":[{Join(level.Factors)}],\"blockDimensions\":[{Join(level.BlockSize)}]}}";

    private static string Join(Size3 size) => $"{size.X},{size.Y},{size.Z}";
}
