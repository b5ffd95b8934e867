using System.Buffers;
using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>
/// Writes the <c>attributes.json</c> files of a BigDataViewer N5 tree as the N5 library does: one line, no newline at the end, keys in the order
/// of its writers.
/// </summary>
public static class N5Attributes
{
    /// <summary>
    /// A 2.x version is read by every N5 release, while 4.x would lock out N5 2.x and with it BigDataViewer up to 10.4.
    /// </summary>
    public const string Version = "2.5.1";

    public static byte[] Root() => Write(json => json.WriteString("n5", Version));

    /// <summary>What BigDataViewer needs of a setup: the factors of its levels and the voxel type.</summary>
    public static byte[] Setup(IReadOnlyList<LevelInfo> levels, VoxelType type) => Write(json =>
    {
        json.WriteStartArray("downsamplingFactors");
        foreach (LevelInfo level in levels)
        {
            WriteSize(json, level.Factors);
        }

        json.WriteEndArray();
        json.WriteString("dataType", type.Name());
    });

    /// <summary>What Paintera needs of a timepoint.</summary>
    public static byte[] Timepoint(IReadOnlyList<double> voxelSize) => Write(json =>
    {
        json.WriteBoolean("multiScale", true);
        json.WriteStartArray("resolution");
        foreach (double size in voxelSize)
        {
            json.WriteRawValue(JavaNumber.Format(size));
        }

        json.WriteEndArray();
    });

    public static byte[] Level(LevelInfo level, VoxelType type, N5Compression compression) => Write(json =>
    {
        json.WriteString("dataType", type.Name());
        json.WritePropertyName("compression");
        compression.WriteTo(json);
        json.WritePropertyName("blockSize");
        WriteSize(json, level.BlockSize);
        json.WritePropertyName("dimensions");
        WriteSize(json, level.Dimensions);
        json.WritePropertyName("downsamplingFactors");
        WriteSize(json, level.Factors);
    });

    private static byte[] Write(Action<Utf8JsonWriter> content)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteSize(Utf8JsonWriter json, Size3 size)
    {
        json.WriteStartArray();
        json.WriteNumberValue(size.X);
        json.WriteNumberValue(size.Y);
        json.WriteNumberValue(size.Z);
        json.WriteEndArray();
    }
}
