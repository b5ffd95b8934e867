using System.Buffers;
using System.Globalization;
using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.Opening;
using DataStoreFS.Remote;
using DataStoreFS.Views;

namespace DataStoreFS.Transfer;

/// <summary>
/// What a local dataset becomes on a server, decided before anything is made there. A DataStore addresses setups by channel and angle, both
/// counted from 0, and takes sizes of levels from division alone; what does not fit is refused, what is lost on the way is noted.
/// </summary>
internal sealed class PushPlan
{
    /// <summary>Of every dataset that was just made.</summary>
    public const int FirstVersion = 0;

    private const string Version = "0";

    // Bytes of a body that the original server takes as it is delivered.
    private const long DefaultBodyLimit = 10L << 20;

    private readonly LocalDataset _local;
    private readonly List<string> _notes = [];
    private readonly int[] _channels;
    private readonly int[] _angles;
    private readonly Dictionary<(int Channel, int Angle), BdvSetup> _setups = [];

    /// <exception cref="DataStoreException">Refused: what the protocol cannot carry.</exception>
    public PushPlan(LocalDataset local)
    {
        _local = local;
        _channels = [.. local.Xml.Setups.Select(setup => setup.Channel).Distinct().Order()];
        _angles = [.. local.Xml.Setups.Select(setup => setup.Angle).Distinct().Order()];
        foreach (BdvSetup setup in local.Xml.Setups)
        {
            if (!_setups.TryAdd((setup.Channel, setup.Angle), setup))
            {
                throw Refused(
                    $"setups {_setups[(setup.Channel, setup.Angle)].Id} and {setup.Id} are both channel {setup.Channel}, angle {setup.Angle}, "
                        + "and tiles and illuminations have no address on a DataStore; fuse them first, or push them as separate datasets");
            }
        }

        CheckLevels();
        NoteSetups();
        NoteViews();
        NoteVoxelSizes();
    }

    /// <summary>What will be different on the server, for people.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Where an image's blocks go in the first version of the dataset.</summary>
    public ImageAddress Address(string uuid, LocalImage image)
    {
        BdvSetup setup = _local.Xml.Setups.First(setup => setup.Id == image.View.Setup);
        return new ImageAddress(
            uuid, image.Level.Factors, Version, image.View.Timepoint, Array.IndexOf(_channels, setup.Channel), Array.IndexOf(_angles, setup.Angle));
    }

    /// <summary>The image whose blocks readers look at first to find a level's size.</summary>
    public ImageAddress MarkedImage(string uuid, LevelInfo level) => new(uuid, level.Factors, Version, _local.Xml.TimepointIds[0], 0, 0);

    /// <summary>The body of the create request, UTF-8.</summary>
    /// <param name="label">Checked; null for none.</param>
    /// <param name="compression">In which the server keeps its files.</param>
    public ReadOnlyMemory<byte> CreateBody(string? label, string compression)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            BdvVoxelSize size = VoxelSize();
            json.WriteStartObject();
            json.WriteString("voxelType", _local.VoxelType.Name());
            WriteSize(json, "dimensions", _local.Dimensions);
            json.WriteNumber("timepoints", _local.Xml.TimepointIds.Count);
            json.WriteNumber("channels", _channels.Length);
            json.WriteNumber("angles", _angles.Length);
            json.WriteString("voxelUnit", size.Unit ?? "pixel");
            WriteNumbers(json, "voxelResolution", [size.X, size.Y, size.Z]);
            json.WriteString("compression", compression);
            WriteLevels(json);
            json.WriteStartArray("timepointIds");
            foreach (int id in _local.Xml.TimepointIds)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            WriteRegistrations(json);
            if (label is not null)
            {
                // An explicit null is answered with 400.
                json.WriteString("label", label);
            }

            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    private void CheckLevels()
    {
        if (_local.Levels[0].Factors != new Size3(1, 1, 1))
        {
            throw Refused($"its level 0 is scaled down by {_local.Levels[0].Factors}, and a DataStore needs one of full resolution");
        }

        foreach (LevelInfo level in _local.Levels)
        {
            if (_local.Levels.FirstOrDefault(other => other.Index < level.Index && other.Factors == level.Factors) is { } same)
            {
                throw Refused($"levels {same.Index} and {level.Index} have the same factors {level.Factors}, by which a DataStore tells them apart");
            }

            Size3 down = LevelEdge.Dimensions(_local.Dimensions, level.Factors, Rounding.Down);
            Size3 up = LevelEdge.Dimensions(_local.Dimensions, level.Factors, Rounding.Up);
            if (level.Dimensions != down && level.Dimensions != up)
            {
                throw Refused(
                    $"level {level.Index} has {level.Dimensions} voxels, which is {_local.Dimensions} divided by {level.Factors} neither "
                        + $"rounded down ({down}) nor up ({up})");
            }

            if (level.Dimensions != down && !LevelMarks.CanTell(_local.Dimensions, level))
            {
                _notes.Add(
                    $"level {level.Index} has {level.Dimensions} voxels; a DataStore has no place for sizes of levels, "
                        + "and since no block of this level is clipped, "
                        + $"readers may take it for {down} and not show its last voxels");
            }
        }

        long largest = _local.Levels.Max(level => level.BlockSize.Count) * _local.VoxelType.Bytes();
        if (largest > DefaultBodyLimit - 12)
        {
            _notes.Add(
                $"its blocks of up to {largest >> 20} MiB are larger than what a DataStore takes by default; the server has to allow larger bodies");
        }
    }

    private void NoteSetups()
    {
        foreach (BdvSetup setup in _local.Xml.Setups)
        {
            int id = (Array.IndexOf(_channels, setup.Channel) * _angles.Length) + Array.IndexOf(_angles, setup.Angle);
            if (id != setup.Id)
            {
                _notes.Add($"setup {setup.Id} (channel {setup.Channel}, angle {setup.Angle}) becomes setup {id}");
            }
        }

        int holes = (_channels.Length * _angles.Length) - _setups.Count;
        if (holes > 0)
        {
            _notes.Add($"{holes} combinations of channel and angle have no setup here; the server will have an empty setup for each");
        }

        if (_local.Xml.Setups.Any(setup => setup.Tile != 0 || setup.Illumination != 0))
        {
            _notes.Add("ids of tiles and illuminations are not kept: all become 0");
        }
    }

    private void NoteViews()
    {
        int missing = (_local.Xml.Setups.Count * _local.Xml.TimepointIds.Count) - (_local.Images.Count / _local.Levels.Count);
        if (missing > 0)
        {
            _notes.Add($"{missing} views are declared missing; a DataStore cannot say so, they will be there and black");
        }
    }

    private void NoteVoxelSizes()
    {
        if (_local.Export.VoxelSizes.Values.Distinct().Count() > 1)
        {
            _notes.Add("voxel sizes differ between setups; the server keeps that of the first (transforms are kept, so views lie as before)");
        }
    }

    private BdvVoxelSize VoxelSize() => _local.Export.VoxelSizes.GetValueOrDefault(_local.Xml.Setups[0].Id) ?? new BdvVoxelSize(1, 1, 1, null);

    private void WriteLevels(Utf8JsonWriter json)
    {
        json.WriteStartArray("resolutionLevels");
        foreach (LevelInfo level in _local.Levels)
        {
            json.WriteStartObject();
            WriteSize(json, "resolutions", level.Factors);
            WriteSize(json, "blockDimensions", level.BlockSize);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Every view gets one: BigDataViewer does not open a dataset with a view that has none.</summary>
    private void WriteRegistrations(Utf8JsonWriter json)
    {
        IReadOnlyList<BdvTransform> identity = [new BdvTransform(null, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])];
        json.WriteStartArray("viewRegistrations");
        foreach (int timepoint in _local.Xml.TimepointIds)
        {
            for (int channel = 0; channel < _channels.Length; channel++)
            {
                for (int angle = 0; angle < _angles.Length; angle++)
                {
                    BdvSetup? setup = _setups.GetValueOrDefault((_channels[channel], _angles[angle]));
                    IReadOnlyList<BdvTransform>? own = setup is null
                        ? null
                        : _local.Export.Registrations.GetValueOrDefault(new BdvView(timepoint, setup.Id));
                    WriteRegistration(json, timepoint, channel, angle, own is { Count: > 0 } ? own : identity);
                }
            }
        }

        json.WriteEndArray();
    }

    private static void WriteRegistration(Utf8JsonWriter json, int timepoint, int channel, int angle, IReadOnlyList<BdvTransform> transforms)
    {
        json.WriteStartObject();
        json.WriteNumber("angle", angle);
        json.WriteNumber("channel", channel);
        json.WriteNumber("time", timepoint);
        json.WriteStartArray("transformations");
        foreach (BdvTransform transform in transforms)
        {
            json.WriteStartObject();
            json.WriteString("name", transform.Name);
            WriteNumbers(json, "rowPackedMatrix", transform.RowPacked);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSize(Utf8JsonWriter json, string key, Size3 size)
    {
        json.WriteStartArray(key);
        json.WriteNumberValue(size.X);
        json.WriteNumberValue(size.Y);
        json.WriteNumberValue(size.Z);
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, IReadOnlyList<double> numbers)
    {
        json.WriteStartArray(key);
        foreach (double number in numbers)
        {
            // Shortest text that reads back as the same double.
            json.WriteRawValue(number.ToString("R", CultureInfo.InvariantCulture));
        }

        json.WriteEndArray();
    }

    private DataStoreException Refused(string why) => new(DataStoreErrorKind.Refused, $"{_local.XmlPath} cannot be pushed: {why}");
}
