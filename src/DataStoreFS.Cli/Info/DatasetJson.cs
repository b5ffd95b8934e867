using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Info;

/// <summary>A dataset as JSON for scripts. Sizes are x, y, z; bytes and blocks count everything, present or missing, uncompressed.</summary>
internal static class DatasetJson
{
    public static string Write(SourceAddress source, VolumeInfo volume)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("server", source.Server);
            json.WriteString("uuid", volume.Uuid);
            json.WriteString("label", volume.Label);
            json.WriteString("requestedVersion", volume.RequestedVersion);
            json.WriteString("version", volume.ResolvedVersion);
            WriteInts(json, "versions", volume.Versions);
            json.WriteString("voxelType", volume.VoxelType.Name());
            WriteSize(json, "dimensions", volume.Dimensions);
            json.WriteStartArray("voxelSize");
            volume.VoxelSize.ToList().ForEach(json.WriteNumberValue);
            json.WriteEndArray();
            json.WriteString("voxelUnit", volume.VoxelUnit);
            json.WriteString("compression", volume.Compression);
            WriteInts(json, "timepoints", volume.TimepointIds);
            json.WriteStartArray("setups");
            volume.Setups.ToList().ForEach(setup => WriteSetup(json, setup));
            json.WriteEndArray();
            json.WriteStartArray("levels");
            (volume.Setups.Count > 0 ? volume.Setups[0].Levels : []).ToList().ForEach(level => WriteLevel(json, level, volume.VoxelType));
            json.WriteEndArray();
            json.WriteNumber("blocks", DatasetBytes.Blocks(volume));
            json.WriteNumber("bytes", DatasetBytes.Of(volume));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteSetup(Utf8JsonWriter json, SetupInfo setup)
    {
        json.WriteStartObject();
        json.WriteNumber("id", setup.Id);
        json.WriteString("name", setup.Name);
        json.WriteNumber("channel", setup.ChannelId);
        json.WriteNumber("angle", setup.AngleId);
        WriteSize(json, "dimensions", setup.Levels[0].Dimensions);
        json.WriteEndObject();
    }

    private static void WriteLevel(Utf8JsonWriter json, LevelInfo level, VoxelType type)
    {
        json.WriteStartObject();
        WriteSize(json, "factors", level.Factors);
        WriteSize(json, "dimensions", level.Dimensions);
        WriteSize(json, "blockSize", level.BlockSize);
        WriteSize(json, "grid", level.Grid);
        json.WriteNumber("blocks", level.Grid.Count);
        json.WriteNumber("bytes", level.Dimensions.Count * type.Bytes());
        json.WriteEndObject();
    }

    private static void WriteSize(Utf8JsonWriter json, string name, Size3 size) => WriteNumbers(json, name, [size.X, size.Y, size.Z]);

    private static void WriteInts(Utf8JsonWriter json, string name, IReadOnlyList<int> values) =>
        WriteNumbers(json, name, values.Select(v => (long)v));

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
