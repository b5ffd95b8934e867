using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace DataStoreFS.Server.SpimData;

/// <summary>Reads an <c>export.xml</c>, whoever wrote it. No DTD, no external entities, a bounded size.</summary>
internal static class SpimReader
{
    /// <summary>The attributes that every setup has for the original even if the file is silent about them.</summary>
    public static readonly IReadOnlyList<string> Fixed = ["illumination", "channel", "tile", "angle"];

    // 100,000 views with several transforms each are about 100 MB.
    private const long MaxCharacters = 512L << 20;

    /// <exception cref="InvalidDataException">It is no SpimData document, or a number in it is none.</exception>
    public static SpimDocument Read(Stream stream)
    {
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters };
        try
        {
            using XmlReader reader = XmlReader.Create(stream, settings);
            return Build(XDocument.Load(reader).Root!);
        }
        catch (Exception e) when (e is XmlException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"no SpimData document: {e.Message}", e);
        }
    }

    /// <summary>A pattern as BigDataViewer takes it: <c>0-5, 7, 10-20:2</c>.</summary>
    public static IReadOnlyList<int> ExpandPattern(string pattern)
    {
        SortedSet<int> ids = [];
        foreach (string part in pattern.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] stepped = part.Split(':', StringSplitOptions.TrimEntries);
            int step = stepped.Length > 1 ? Number(stepped[1]) : 1;
            int dash = stepped[0].IndexOf('-', 1);
            int first = Number(dash < 0 ? stepped[0] : stepped[0][..dash]);
            int last = dash < 0 ? first : Number(stepped[0][(dash + 1)..]);
            AddRange(ids, first, last, step);
        }

        return [.. ids];
    }

    private static void AddRange(SortedSet<int> ids, int first, int last, int step)
    {
        const int MostTimepoints = 10_000_000;
        if (step <= 0 || (long)last - first > MostTimepoints)
        {
            throw new FormatException($"time points {first} to {last} by {step}");
        }

        for (long id = first; id <= last; id += step)
        {
            ids.Add((int)id);
        }
    }

    private static SpimDocument Build(XElement root)
    {
        XElement sequence = root.Element("SequenceDescription") ?? throw new FormatException("SequenceDescription is missing");
        XElement views = sequence.Element("ViewSetups") ?? throw new FormatException("ViewSetups is missing");
        IReadOnlyList<SpimSetup> setups = [.. views.Elements("ViewSetup").Select(Setup).OrderBy(s => s.Id)];
        return new SpimDocument
        {
            Setups = setups,
            Entities = Entities(views, setups),
            Timepoints = Timepoints(sequence.Element("Timepoints") ?? throw new FormatException("Timepoints is missing")),
            MissingViews = sequence.Element("MissingViews") is { } missing
                ? [.. missing.Elements("MissingView").Select(v => (Attribute(v, "timepoint"), Attribute(v, "setup"))).Order()]
                : null,
            Registrations = [.. (root.Element("ViewRegistrations")?.Elements("ViewRegistration") ?? [])
                .Select(Registration).OrderBy(r => r.Timepoint).ThenBy(r => r.Setup)],
        };
    }

    private static SpimSetup Setup(XElement element)
    {
        Dictionary<string, int> attributes = Fixed.ToDictionary(name => name, _ => 0);
        foreach (XElement attribute in element.Element("attributes")?.Elements() ?? [])
        {
            // Further attributes (display settings of plugins) are not part of the original's model.
            if (attributes.ContainsKey(attribute.Name.LocalName))
            {
                attributes[attribute.Name.LocalName] = Number(attribute.Value);
            }
        }

        XElement? voxel = element.Element("voxelSize");
        return new SpimSetup
        {
            Id = Number(element.Element("id")?.Value ?? throw new FormatException("a ViewSetup has no id")),
            Name = element.Element("name")?.Value.Trim(),
            Size = element.Element("size") is { } size ? string.Join(' ', Split(size.Value).Select(Number)) : null,
            VoxelUnit = voxel?.Element("unit")?.Value.Trim(),
            VoxelSize = voxel?.Element("size") is { } lengths ? [.. Split(lengths.Value).Select(SpimNumber.Parse)] : null,
            Attributes = attributes,
        };
    }

    private static Dictionary<string, IReadOnlyList<SpimEntity>> Entities(XElement views, IReadOnlyList<SpimSetup> setups)
    {
        Dictionary<string, IReadOnlyList<SpimEntity>> result = [];
        foreach (string name in Fixed)
        {
            IEnumerable<SpimEntity> listed = views.Elements("Attributes").Where(a => (string?)a.Attribute("name") == name).Elements().Select(Entity);
            Dictionary<int, SpimEntity> known = [];
            foreach (SpimEntity entity in listed)
            {
                known[entity.Id] = entity;
            }

            // A setup may use an id that no group describes; the original then makes an entity whose name is the id.
            result[name] = [.. setups.Select(s => s.Attribute(name)).Distinct().Order()
                .Select(id => known.GetValueOrDefault(id) ?? new SpimEntity(id, id.ToString(CultureInfo.InvariantCulture), []))];
        }

        return result;
    }

    private static SpimEntity Entity(XElement element) => new(
        Number(element.Element("id")?.Value ?? throw new FormatException($"{element.Name.LocalName} has no id")),
        element.Element("name")?.Value.Trim(),
        [.. element.Elements().Where(e => e.Name.LocalName is not ("id" or "name"))]);

    private static SpimTimepoints Timepoints(XElement element)
    {
        switch ((string?)element.Attribute("type"))
        {
            case "range":
                SortedSet<int> ids = [];
                AddRange(ids, Number(element.Element("first")?.Value), Number(element.Element("last")?.Value), 1);
                return new SpimTimepoints([.. ids], null);
            case "list":
                return new SpimTimepoints([.. element.Elements("Timepoint").Select(t => Number(t.Element("id")?.Value)).Distinct().Order()], null);
            case "pattern":
                string pattern = element.Element("integerpattern")?.Value.Trim() ?? throw new FormatException("integerpattern is missing");
                return new SpimTimepoints(ExpandPattern(pattern), pattern);
            default:
                throw new FormatException("Timepoints has an unknown type");
        }
    }

    private static SpimRegistration Registration(XElement element) => new(
        Attribute(element, "timepoint"),
        Attribute(element, "setup"),
        [.. element.Elements("ViewTransform").Select(t => new SpimTransform(
            t.Element("Name")?.Value.Trim(),
            SpimNumber.Join(
                Split(t.Element("affine")?.Value ?? throw new FormatException("a ViewTransform has no affine")).Select(SpimNumber.Parse))))]);

    private static string[] Split(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static int Attribute(XElement element, string name) => Number((string?)element.Attribute(name));

    private static int Number(string? text) => int.Parse(text ?? string.Empty, NumberStyles.Integer, CultureInfo.InvariantCulture);
}
