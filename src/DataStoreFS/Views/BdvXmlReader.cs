using System.Globalization;
using System.Xml.Linq;
using DataStoreFS.Model;

namespace DataStoreFS.Views;

/// <summary>Takes out of a SpimData document what the tree needs to know.</summary>
internal static class BdvXmlReader
{
    public static BdvSetup[] Setups(XDocument document)
    {
        XElement setups = Sequence(document).Element("ViewSetups") ?? throw Wrong("it has no ViewSetups");
        List<BdvSetup> result = [];
        HashSet<int> ids = [];
        foreach (XElement element in setups.Elements("ViewSetup"))
        {
            BdvSetup setup = Setup(element);
            if (!ids.Add(setup.Id))
            {
                throw Wrong($"it has two ViewSetups with id {setup.Id}");
            }

            if (result.Count == DatasetLimits.MostSetups)
            {
                throw Wrong($"it has more than {DatasetLimits.MostSetups} ViewSetups");
            }

            result.Add(setup);
        }

        return [.. result.OrderBy(setup => setup.Id)];
    }

    public static IReadOnlyList<int> Timepoints(XDocument document)
    {
        XElement timepoints = Sequence(document).Element("Timepoints") ?? throw Wrong("it has no Timepoints");
        string? type = timepoints.Attribute("type")?.Value;
        return type switch
        {
            "range" =>
                TimepointPattern.Range(Int(timepoints.Element("first"), "first timepoint"), Int(timepoints.Element("last"), "last timepoint"), 1),
            "list" => TimepointPattern.Sorted(timepoints.Elements("Timepoint").Select(t => Id(t.Element("id"), "Timepoint"))),
            "pattern" => TimepointPattern.Parse(timepoints.Element("integerpattern")?.Value ?? ""),
            _ => throw Wrong($"its Timepoints are of type '{ForeignText.Shown(type)}', not range, list or pattern"),
        };
    }

    public static XElement Sequence(XDocument document) =>
        Root(document).Element("SequenceDescription") ?? throw Wrong("it has no SequenceDescription");

    public static XElement Root(XDocument document) => document.Root?.Name == "SpimData"
        ? document.Root
        : throw Wrong($"its root is {ForeignText.Shown(document.Root?.Name.ToString())}, not SpimData");

    public static DataStoreException Wrong(string why, Exception? inner = null) =>
        new(DataStoreErrorKind.Protocol, $"the XML of the dataset cannot be used: {why}", inner);

    private static BdvSetup Setup(XElement element)
    {
        int id = Id(element.Element("id"), "ViewSetup");
        XElement? attributes = element.Element("attributes");
        XElement? version = attributes?.Element("version");
        return new BdvSetup(
            id,
            element.Element("name")?.Value.Trim() is { Length: > 0 } name ? name : $"setup{id}",
            element.Element("size") is XElement size ? Size(size) : null,
            Attribute(attributes, "channel"),
            Attribute(attributes, "angle"),
            Attribute(attributes, "tile"),
            Attribute(attributes, "illumination"),
            version is null ? null : Int(version, "version"));
    }

    private static int Attribute(XElement? attributes, string name) =>
        attributes?.Element(name) is XElement element ? Id(element, name) : 0;

    private static Size3 Size(XElement element)
    {
        string[] words = element.Value.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        long[] axes =
        [
            .. words.Take(4).Select(word => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0),
        ];
        Size3 size = axes.Length == 3 ? new Size3(axes[0], axes[1], axes[2]) : default;
        DatasetLimits.RequireAxes(size, "ViewSetup size", DataStoreErrorKind.Protocol);
        return size;
    }

    public static int Id(XElement? element, string what) => Int(element, what) is int id and >= 0 ? id : throw Wrong($"a {what} has a negative id");

    private static int Int(XElement? element, string what) =>
        int.TryParse(element?.Value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw Wrong($"the number of a {what} is '{ForeignText.Shown(element?.Value)}'");
}
