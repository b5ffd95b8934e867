using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataStoreFS.WriteBack;

/// <summary>A list of <see cref="ParkedBlock"/> to JSON and back, without reflection; names in camel case.</summary>
public static class ParkedBlocksJson
{
    public static string Write(IReadOnlyList<ParkedBlock> blocks) =>
        JsonSerializer.Serialize([.. blocks], ParkedBlocksContext.Default.ParkedBlockArray);

    public static IReadOnlyList<ParkedBlock> Read(string json) =>
        JsonSerializer.Deserialize(json, ParkedBlocksContext.Default.ParkedBlockArray) ?? throw new JsonException("the list is null");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ParkedBlock[]))]
internal sealed partial class ParkedBlocksContext : JsonSerializerContext;
