using System.Text.Json;
using DataStoreFS.Model;

namespace DataStoreFS.N5;

/// <summary>Reading <c>attributes.json</c> files, which other programs wrote: with a byte order mark, indented, numbers as <c>150.0</c>.</summary>
internal static class N5Json
{
    // The attributes of a level are 200 bytes; other programs' additions may be longer, but not by much.
    private const int LargestFile = 1 << 20;

    public static JsonDocument Open(ReadOnlyMemory<byte> file)
    {
        if (file.Length > LargestFile)
        {
            throw N5Fault.Invalid($"the attributes are {file.Length} bytes long; at most {LargestFile} are read");
        }

        ReadOnlyMemory<byte> text = file.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? file[3..] : file;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException fault)
        {
            throw N5Fault.Invalid($"the attributes are not JSON: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw N5Fault.Invalid("the attributes are not a JSON object");
    }

    public static Size3 Size(JsonElement attributes, string key) => attributes.TryGetProperty(key, out JsonElement value)
        ? Triple(value, key)
        : throw N5Fault.Invalid($"the attributes have no {key}");

    /// <summary>Three counts of at least 1 that fit an int.</summary>
    public static Size3 Triple(JsonElement value, string key)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 3)
        {
            throw N5Fault.Invalid($"{key} is not three numbers");
        }

        return new Size3(Count(value[0], key), Count(value[1], key), Count(value[2], key));
    }

    public static VoxelType DataType(JsonElement attributes)
    {
        string? name = attributes.TryGetProperty("dataType", out JsonElement value) ? Text(value) : null;
        return VoxelTypes.TryParse(name, out VoxelType type)
            ? type
            : throw N5Fault.Invalid($"dataType '{ForeignText.Shown(name)}' is none that N5 has");
    }

    /// <summary>The string, or null for anything else, half a surrogate pair included.</summary>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static long Count(JsonElement value, string key)
    {
        double number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        return number is >= 1 and <= int.MaxValue && Math.Floor(number).Equals(number)
            ? (long)number
            : throw N5Fault.Invalid($"{key} holds {ForeignText.Shown(value.GetRawText())}, which is no count from 1 to {int.MaxValue}");
    }
}
