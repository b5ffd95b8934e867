using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataStoreFS.Mounting;

/// <summary><see cref="MountStatus"/> to JSON and back, without reflection.</summary>
public static class MountStatusJson
{
    public static string Write(MountStatus status) => JsonSerializer.Serialize(status, MountStatusContext.Default.MountStatus);

    public static MountStatus Read(string json) =>
        JsonSerializer.Deserialize(json, MountStatusContext.Default.MountStatus) ?? throw new JsonException("the status is null");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(MountStatus))]
internal sealed partial class MountStatusContext : JsonSerializerContext;
