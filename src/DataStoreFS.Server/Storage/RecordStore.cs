using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.Server.Storage;

/// <summary>
/// The records of created datasets, one JSON file each in <c>FOLDER/.datastorefs</c>: the datasets' own folders stay exactly as the original
/// keeps them (any further file there would become the label). A dataset without a record is described by its files.
/// </summary>
internal sealed class RecordStore
{
    private readonly string _folder;

    public RecordStore(string root) => _folder = Path.Combine(root, ".datastorefs");

    /// <returns>Null when there is none.</returns>
    /// <exception cref="InvalidDataException">There is one, and it is damaged.</exception>
    public DatasetRecord? Read(string uuid)
    {
        string path = FileOf(uuid);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Parse(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is damaged ({e.Message}); delete it to have the dataset described by its files", e);
        }
    }

    public void Write(string uuid, DatasetRecord record)
    {
        Directory.CreateDirectory(_folder);
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            Render(json, record);
        }

        AtomicFile.Write(FileOf(uuid), bytes.GetBuffer().AsSpan(0, (int)bytes.Length), sync: true);
    }

    public void Delete(string uuid) => File.Delete(FileOf(uuid));

    private string FileOf(string uuid) => Path.Combine(_folder, uuid + ".json");

    private static void Render(Utf8JsonWriter json, DatasetRecord record)
    {
        json.WriteStartObject();
        json.WriteString("voxelType", record.VoxelType);
        Numbers(json, "dimensions", record.Dimensions);
        json.WriteNumber("timepoints", record.Timepoints);
        json.WriteNumber("channels", record.Channels);
        json.WriteNumber("angles", record.Angles);
        json.WriteString("voxelUnit", record.VoxelUnit);
        json.WriteStartArray("voxelResolution");
        foreach (double value in record.VoxelResolution)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
        Render(json, "timepointResolution", record.TimepointResolution);
        Render(json, "channelResolution", record.ChannelResolution);
        Render(json, "angleResolution", record.AngleResolution);
        json.WriteString("compression", record.Compression);
        json.WriteStartArray("resolutionLevels");
        foreach (LevelRecord level in record.Levels)
        {
            json.WriteStartObject();
            Numbers(json, "resolutions", [level.Factors.X, level.Factors.Y, level.Factors.Z]);
            Numbers(json, "blockDimensions", [level.BlockSize.X, level.BlockSize.Y, level.BlockSize.Z]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("commonMetadata", record.CommonMetadata);
        json.WriteEndObject();
    }

    private static void Render(Utf8JsonWriter json, string key, Resolution? resolution)
    {
        if (resolution is null)
        {
            json.WriteNull(key);
            return;
        }

        json.WriteStartObject(key);
        json.WriteNumber("value", resolution.Value);
        json.WriteString("unit", resolution.Unit);
        json.WriteEndObject();
    }

    private static void Numbers(Utf8JsonWriter json, string key, IEnumerable<long> values)
    {
        json.WriteStartArray(key);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static DatasetRecord Parse(JsonElement json) => new()
    {
        VoxelType = json.GetProperty("voxelType").GetString()!,
        Dimensions = Longs(json.GetProperty("dimensions")),
        Timepoints = json.GetProperty("timepoints").GetInt32(),
        Channels = json.GetProperty("channels").GetInt32(),
        Angles = json.GetProperty("angles").GetInt32(),
        VoxelUnit = json.GetProperty("voxelUnit").GetString(),
        VoxelResolution = [.. json.GetProperty("voxelResolution").EnumerateArray().Select(v => v.GetDouble())],
        TimepointResolution = ParseResolution(json.GetProperty("timepointResolution")),
        ChannelResolution = ParseResolution(json.GetProperty("channelResolution")),
        AngleResolution = ParseResolution(json.GetProperty("angleResolution")),
        Compression = json.GetProperty("compression").GetString()!,
        Levels = [.. json.GetProperty("resolutionLevels").EnumerateArray().Select(
            l => new LevelRecord(Three(l.GetProperty("resolutions")), Three(l.GetProperty("blockDimensions"))))],
        CommonMetadata = json.GetProperty("commonMetadata").GetString() ?? string.Empty,
    };

    private static Resolution? ParseResolution(JsonElement json) => json.ValueKind == JsonValueKind.Null
        ? null
        : new Resolution(json.GetProperty("value").GetDouble(), json.GetProperty("unit").GetString());

    private static long[] Longs(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt64())];

    private static Size3 Three(JsonElement array) => new(array[0].GetInt64(), array[1].GetInt64(), array[2].GetInt64());
}
