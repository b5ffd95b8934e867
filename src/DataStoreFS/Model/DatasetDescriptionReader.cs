using System.Globalization;
using System.Text.Json;

namespace DataStoreFS.Model;

/// <summary>Reads the dataset JSON, distrusting it.</summary>
internal static class DatasetDescriptionReader
{
    // A million timepoint ids are 7 MB.
    private const int LongestText = 32 << 20;

    public static DatasetDescription Read(string json)
    {
        if (json.Length > LongestText)
        {
            throw Wrong($"it is {json.Length} characters long; at most {LongestText} are read");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(document.RootElement)
                : throw Wrong("it is not a JSON object");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is what a string with half a surrogate pair gives.
            throw Wrong($"it is not JSON ({fault.Message.ReplaceLineEndings(" ")})", fault);
        }
    }

    private static DatasetDescription Read(JsonElement root)
    {
        VoxelType type = VoxelTypes.TryParse(Text(root, "voxelType"), out VoxelType known)
            ? known
            : throw Wrong($"its voxelType '{Shown(Text(root, "voxelType"))}' is not supported");
        Size3 dimensions = Triple(root, "dimensions");
        DatasetLimits.RequireImage(dimensions, type, DataStoreErrorKind.Protocol);
        double[] voxelSize = VoxelSize(root, out string? doubt);
        return new DatasetDescription
        {
            Uuid = Text(root, "uuid"),
            VoxelType = type,
            Dimensions = dimensions,
            TimepointIds = TimepointIds(root),
            Channels = Count(root, "channels", 1, DatasetLimits.MostSetups),
            Angles = Count(root, "angles", 1, DatasetLimits.MostSetups),
            VoxelUnit = Text(root, "voxelUnit"),
            VoxelSize = voxelSize,
            Doubt = doubt,
            TimepointResolution = Resolution(root, "timepointResolution"),
            ChannelResolution = Resolution(root, "channelResolution"),
            AngleResolution = Resolution(root, "angleResolution"),
            Compression = Text(root, "compression"),
            Levels = Levels(root, type),
            Versions = Present(root, "versions", out JsonElement versions) ? Ids(versions, "versions", DatasetLimits.MostVersions) : [0],
            Label = Text(root, "label"),
            DatasetType = Text(root, "datasetType"),
        };
    }

    private static DescribedLevel[] Levels(JsonElement root, VoxelType type)
    {
        JsonElement levels = Required(root, "resolutionLevels");
        int count = levels.ValueKind == JsonValueKind.Array ? levels.GetArrayLength() : 0;
        if (count is 0 or > DatasetLimits.MostLevels)
        {
            throw Wrong($"it has {count} resolutionLevels; 1 to {DatasetLimits.MostLevels} can be");
        }

        DescribedLevel[] result =
        [
            .. levels.EnumerateArray().Select(level => new DescribedLevel(Triple(level, "resolutions"), Triple(level, "blockDimensions"))),
        ];
        foreach (DescribedLevel level in result)
        {
            DatasetLimits.RequireAxes(level.Factors, "resolution", DataStoreErrorKind.Protocol);
            DatasetLimits.RequireBlock(level.BlockSize, type, DataStoreErrorKind.Protocol);
        }

        // The protocol addresses a level by its factors: two with the same cannot be told apart, and the server refuses them too.
        return result.DistinctBy(level => level.Factors).Count() == result.Length
            ? result
            : throw Wrong("two of its resolutionLevels have the same resolutions");
    }

    private static int[] TimepointIds(JsonElement root)
    {
        if (Present(root, "timepointIds", out JsonElement ids))
        {
            return Ids(ids, "timepointIds", DatasetLimits.MostTimepoints);
        }

        return [.. Enumerable.Range(0, Count(root, "timepoints", 1, DatasetLimits.MostTimepoints))];
    }

    private static int[] Ids(JsonElement value, string key, int most)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            throw Wrong($"its {key} is not an array of at most {most} numbers");
        }

        int[] ids = new int[value.GetArrayLength()];
        int at = 0;
        foreach (JsonElement element in value.EnumerateArray())
        {
            ids[at++] = element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int id) && id >= 0
                ? id
                : throw Wrong($"its {key} holds {Shown(element.GetRawText())}, which is no id");
        }

        Array.Sort(ids);
        return [.. ids.Distinct()];
    }

    // The server stores whatever it was given when the dataset was made: no reason not to show the voxels.
    private static double[] VoxelSize(JsonElement root, out string? doubt)
    {
        doubt = null;
        if (!Present(root, "voxelResolution", out JsonElement value))
        {
            return [1, 1, 1];
        }

        double[] given = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 3
            ? [.. value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number ? e.GetDouble() : double.NaN)]
            : [double.NaN, double.NaN, double.NaN];
        double[] sizes = [.. given.Select(size => double.IsFinite(size) && size > 0 ? size : 1)];
        if (!sizes.SequenceEqual(given))
        {
            string shown = string.Join(" x ", sizes.Select(size => size.ToString(CultureInfo.InvariantCulture)));
            doubt = $"its voxelResolution {Shown(value.GetRawText())} is not three positive numbers; {shown} is shown instead";
        }

        return sizes;
    }

    private static ResolutionValue? Resolution(JsonElement root, string key) =>
        Present(root, key, out JsonElement value) && value.ValueKind == JsonValueKind.Object
            && value.TryGetProperty("value", out JsonElement number) && number.ValueKind == JsonValueKind.Number
            ? new ResolutionValue(number.GetDouble(), Text(value, "unit"))
            : null;

    private static Size3 Triple(JsonElement parent, string key)
    {
        JsonElement value = parent.ValueKind == JsonValueKind.Object
            ? Required(parent, key)
            : throw Wrong($"one of its resolutionLevels is not an object");
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 3)
        {
            throw Wrong($"its {key} is not three numbers");
        }

        long[] numbers = [.. value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt64(out long n)
            ? n
            : throw Wrong($"its {key} holds {Shown(e.GetRawText())}, which is no whole number"))];
        return new Size3(numbers[0], numbers[1], numbers[2]);
    }

    private static int Count(JsonElement root, string key, int absent, int most)
    {
        if (!Present(root, key, out JsonElement value))
        {
            return absent;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count >= 0 && count <= most
            ? count
            : throw Wrong($"its {key} {Shown(value.GetRawText())} is not from 0 to {most}");
    }

    private static string? Text(JsonElement parent, string key) =>
        Present(parent, key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement Required(JsonElement parent, string key) =>
        Present(parent, key, out JsonElement value) ? value : throw Wrong($"it has no {key}");

    private static bool Present(JsonElement parent, string key, out JsonElement value) =>
        parent.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private static string Shown(string? text) => ForeignText.Shown(text);

    private static DataStoreException Wrong(string why, Exception? inner = null) =>
        new(DataStoreErrorKind.Protocol, $"the server's description of the dataset cannot be used: {why}", inner);
}
