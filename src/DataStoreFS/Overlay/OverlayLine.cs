using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataStoreFS.Overlay;

/// <summary>One change of an overlay, as it is told to who asks from another process.</summary>
/// <param name="Path">Relative to the tree's top.</param>
/// <param name="Kind"><c>file</c>, <c>folder</c>, <c>link</c> or <c>special</c>; of what was removed, what it was.</param>
/// <param name="Size">Bytes of a file; else 0.</param>
/// <param name="Difference">From the dataset's own tree.</param>
public sealed record OverlayLine(string Path, string Kind, long Size, OverlayDifference Difference)
{
    public static OverlayLine Of(in OverlayItem item, ILowerTree lower) => item.Difference == OverlayDifference.Removed
        ? new OverlayLine(item.Path, lower.TryGet(item.Path, out LowerEntry was) && was.IsFolder ? "folder" : "file", 0, item.Difference)
        : new OverlayLine(item.Path, KindOf(item.Stat), item.Stat.IsFile ? item.Stat.Size : 0, item.Difference);

    private static string KindOf(in OverlayStat stat) => stat.IsFile ? "file" : stat.IsFolder ? "folder" : stat.IsSymlink ? "link" : "special";
}

/// <summary>Everything that an overlay holds: the answer to <c>datastorefs overlay list</c>, as JSON with these names in camel case.</summary>
/// <param name="Folder">Where it is on disk.</param>
/// <param name="Changes">In the order of <see cref="OverlayReport"/>.</param>
public sealed record OverlayLines(string Folder, IReadOnlyList<OverlayLine> Changes)
{
    public string ToJson() => JsonSerializer.Serialize(this, OverlayLinesContext.Default.OverlayLines);

    public static OverlayLines Parse(string json) =>
        JsonSerializer.Deserialize(json, OverlayLinesContext.Default.OverlayLines) ?? throw new JsonException("the list is null");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(OverlayLines))]
internal sealed partial class OverlayLinesContext : JsonSerializerContext;
