using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>
/// Reads the JSON of a create request by the original's rules: what is required, what defaults, which mistake is which status. Unknown keys are
/// ignored.
/// </summary>
internal static class CreateRequest
{
    private const int MostFiles = 5_000_000;
    private const int AffineNumbers = 12;

    /// <exception cref="Refusal">400: no JSON, or a value of the wrong kind. 500: a value that cannot be.</exception>
    public static DatasetPlan Parse(ReadOnlyMemory<byte> body, bool allowNumericLabel)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return Parse(json.RootElement, allowNumericLabel);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new Refusal(400, System.Net.WebUtility.HtmlEncode($"JsonMappingException: {e.Message}"), "text/html;charset=utf-8", e);
        }
        catch (DataStoreException e)
        {
            throw Wrong(e.Message);
        }
    }

    private static DatasetPlan Parse(JsonElement json, bool allowNumericLabel)
    {
        string voxelName = Required(json, "voxelType").GetString() ?? throw Wrong(string.Empty);
        if (!VoxelTypes.TryParse(voxelName, out VoxelType voxelType))
        {
            throw Wrong($"No enum constant org.janelia.saalfeldlab.n5.DataType.{voxelName.ToUpperInvariant()}");
        }

        long[] dimensions = [.. Required(json, "dimensions").EnumerateArray().Select(CoercedNumber.Int64)];
        string compressionName = Required(json, "compression").GetString()!;
        _ = N5Compression.TryFromName(compressionName, out N5Compression compression);
        List<int> timepoints = Timepoints(json, out int posted);
        DatasetRecord record = new()
        {
            VoxelType = voxelName,
            Dimensions = dimensions.Length == 3 ? dimensions : throw Wrong($"Index {dimensions.Length} out of bounds for length {dimensions.Length}"),
            Timepoints = posted,
            Channels = Int(json, "channels"),
            Angles = Int(json, "angles"),
            VoxelUnit = Optional(json, "voxelUnit")?.GetString(),
            VoxelResolution = Doubles(Required(json, "voxelResolution"), 3),
            TimepointResolution = Resolution(json, "timepointResolution"),
            ChannelResolution = Resolution(json, "channelResolution"),
            AngleResolution = Resolution(json, "angleResolution"),
            Compression = compressionName,
            Levels = [.. Required(json, "resolutionLevels").EnumerateArray().Select(l =>
                new LevelRecord(Three(Required(l, "resolutions")), Three(Required(l, "blockDimensions"))))],
        };
        Check(record, voxelType, timepoints.Count);
        return new DatasetPlan
        {
            VoxelType = voxelType,
            Compression = compression,
            TimepointIds = timepoints,
            Record = record,
            Transformations = [.. Optional(json, "transformations")?.EnumerateArray().Select(
                t => t.ValueKind == JsonValueKind.Null ? null : Doubles(t, AffineNumbers)) ?? []],
            Registrations = Optional(json, "viewRegistrations") is { } views
                ? [.. views.EnumerateArray().Select(v => Registration(v, record))]
                : null,
            Label = Label(json, allowNumericLabel),
        };
    }

    private static List<int> Timepoints(JsonElement json, out int posted)
    {
        posted = Int(json, "timepoints");
        int[] ids = [.. Optional(json, "timepointIds")?.EnumerateArray().Select(CoercedNumber.Int32) ?? []];
        if (ids.Length == 0)
        {
            return posted is > 0 and <= DatasetLimits.MostTimepoints ? [.. Enumerable.Range(0, posted)] : throw Wrong(string.Empty);
        }

        return ids.Min() >= 0 ? [.. ids.Distinct().Order()] : throw Wrong("a timepoint id is negative");
    }

    private static void Check(DatasetRecord record, VoxelType voxelType, int timepoints)
    {
        if (record.Levels.Count is 0 or > DatasetLimits.MostLevels)
        {
            throw Wrong(record.Levels.Count == 0 ? string.Empty : $"{record.Levels.Count} resolution levels");
        }

        DatasetLimits.RequireImage(
            new Size3(record.Dimensions[0], record.Dimensions[1], record.Dimensions[2]), voxelType, DataStoreErrorKind.Refused);
        foreach (LevelRecord level in record.Levels)
        {
            DatasetLimits.RequireAxes(level.Factors, "resolution", DataStoreErrorKind.Refused);
            DatasetLimits.RequireBlock(level.BlockSize, voxelType, DataStoreErrorKind.Refused);
        }

        if (record.Channels < 0 || record.Angles < 0 || (Int128)record.Channels * record.Angles * timepoints * (record.Levels.Count + 1) > MostFiles)
        {
            throw Wrong($"{record.Channels} channels, {record.Angles} angles and {timepoints} timepoints are more than can be kept");
        }
    }

    private static PlannedRegistration Registration(JsonElement view, DatasetRecord record)
    {
        (int angle, int channel) = (CoercedNumber.Int32(Required(view, "angle")), CoercedNumber.Int32(Required(view, "channel")));
        if (angle < 0 || angle >= record.Angles || channel < 0 || channel >= record.Channels)
        {
            throw Wrong($"Channel={channel} and angle={angle} not found.");
        }

        IEnumerable<(string? Name, double[] Matrix)> transformations = Required(view, "transformations").EnumerateArray()
            .Select(t => (Optional(t, "name")?.GetString(), Doubles(Required(t, "rowPackedMatrix"), AffineNumbers)));
        return new PlannedRegistration(CoercedNumber.Int32(Required(view, "time")), channel, angle, [.. transformations]);
    }

    /// <summary>A label becomes a file's name: what cannot be in one is a blank.</summary>
    private static string? Label(JsonElement json, bool allowNumeric)
    {
        if (!json.TryGetProperty("label", out JsonElement label))
        {
            return null;
        }

        string text = label.GetString() ?? throw new FormatException("label is null");
        text = string.Concat(text.Select(c => ":\\/*\"?|<>'".Contains(c, StringComparison.Ordinal) || char.IsControl(c) ? ' ' : c));
        if (!allowNumeric && text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            throw new FormatException("a label of digits only would become a version of the dataset");
        }

        return string.IsNullOrWhiteSpace(text) || text is "." or ".." ? null : text;
    }

    private static Resolution? Resolution(JsonElement json, string key) => Optional(json, key) is { } value
        ? new Resolution(Optional(value, "value") is { } number ? CoercedNumber.Double(number) : 0, Optional(value, "unit")?.GetString())
        : null;

    private static double[] Doubles(JsonElement array, int count)
    {
        double[] values = [.. array.EnumerateArray().Select(CoercedNumber.Double).Take(count)];
        return values.Length == count && values.All(double.IsFinite)
            ? values
            : throw Wrong($"Index {values.Length} out of bounds for length {values.Length}");
    }

    private static Size3 Three(JsonElement array)
    {
        int[] values = [.. array.EnumerateArray().Select(CoercedNumber.Int32)];
        return values.Length == 3
            ? new Size3(values[0], values[1], values[2])
            : throw Wrong($"Index {values.Length} out of bounds for length {values.Length}");
    }

    private static int Int(JsonElement json, string key) => Optional(json, key) is { } value ? CoercedNumber.Int32(value) : 1;

    private static JsonElement Required(JsonElement json, string key) => Optional(json, key) ?? throw Wrong($"{key} is marked non-null but is null");

    private static JsonElement? Optional(JsonElement json, string key) =>
        json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static Refusal Wrong(string message) => new(500, message, "text/plain;charset=utf-8");
}
