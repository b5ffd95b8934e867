using System.Globalization;
using System.Xml.Linq;
using DataStoreFS.Model;

namespace DataStoreFS.Views;

/// <summary>Takes out of a SpimData document what copying a dataset needs.</summary>
internal static class BdvExportReader
{
    private const int AffineNumbers = 12;

    public static BdvExport Read(XDocument document)
    {
        XElement sequence = BdvXmlReader.Sequence(document);
        XElement? loader = sequence.Element("ImageLoader");
        return new BdvExport(
            loader?.Attribute("format")?.Value.Trim() ?? "",
            BdvXmlReader.Root(document).Element("BasePath")?.Value.Trim() is { Length: > 0 } path ? path : ".",
            loader?.Element("n5")?.Value.Trim(),
            VoxelSizes(sequence),
            Registrations(document),
            MissingViews(sequence));
    }

    private static Dictionary<int, BdvVoxelSize> VoxelSizes(XElement sequence)
    {
        Dictionary<int, BdvVoxelSize> sizes = [];
        foreach (XElement setup in sequence.Element("ViewSetups")?.Elements("ViewSetup") ?? [])
        {
            if (setup.Element("voxelSize") is XElement element)
            {
                double[] axes = Numbers(element.Element("size")?.Value ?? "", "voxel size");
                if (axes.Length != 3 || axes.Any(axis => axis <= 0))
                {
                    throw BdvXmlReader.Wrong($"a voxel size is '{ForeignText.Shown(element.Element("size")?.Value)}', not three positive numbers");
                }

                string? unit = element.Element("unit")?.Value.Trim();
                sizes[BdvXmlReader.Id(setup.Element("id"), "ViewSetup")] = new BdvVoxelSize(
                    axes[0], axes[1], axes[2], string.IsNullOrEmpty(unit) ? null : unit);
            }
        }

        return sizes;
    }

    private static Dictionary<BdvView, IReadOnlyList<BdvTransform>> Registrations(XDocument document)
    {
        Dictionary<BdvView, IReadOnlyList<BdvTransform>> registrations = [];
        foreach (XElement element in BdvXmlReader.Root(document).Element("ViewRegistrations")?.Elements("ViewRegistration") ?? [])
        {
            BdvView view = View(element);
            if (!registrations.TryAdd(view, [.. element.Elements("ViewTransform").Select(Transform)]))
            {
                throw BdvXmlReader.Wrong($"it registers setup {view.Setup} at timepoint {view.Timepoint} twice");
            }
        }

        return registrations;
    }

    public static HashSet<BdvView> MissingViews(XElement sequence) =>
        [.. (sequence.Element("MissingViews")?.Elements("MissingView") ?? []).Select(View)];

    private static BdvView View(XElement element) => new(Id(element, "timepoint"), Id(element, "setup"));

    private static int Id(XElement element, string name) =>
        int.TryParse(element.Attribute(name)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            ? id
            : throw BdvXmlReader.Wrong($"the {name} of a {element.Name} is '{ForeignText.Shown(element.Attribute(name)?.Value)}'");

    private static BdvTransform Transform(XElement element)
    {
        // SpimData knows other models in its API, but writes all of them as affine.
        string? type = element.Attribute("type")?.Value;
        if (type is not (null or "affine"))
        {
            throw BdvXmlReader.Wrong($"a ViewTransform is of type '{ForeignText.Shown(type)}', not affine");
        }

        double[] numbers = Numbers(element.Element("affine")?.Value ?? "", "affine");
        return numbers.Length == AffineNumbers
            ? new BdvTransform(element.Element("Name")?.Value, numbers)
            : throw BdvXmlReader.Wrong($"an affine has {numbers.Length} numbers, not {AffineNumbers}");
    }

    private static double[] Numbers(string text, string what)
    {
        string[] words = text.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return [.. words.Take(AffineNumbers + 1).Select(word =>
            double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
                ? number
                : throw BdvXmlReader.Wrong($"the {what} '{ForeignText.Shown(text)}' has something that is no number"))];
    }
}
