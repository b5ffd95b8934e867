using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace DataStoreFS.Server.SpimData;

/// <summary>
/// Writes a document as the original's JDOM does: two blanks of indent, CR LF also at the end, <c>&lt;x /&gt;</c> for what is empty.
/// </summary>
internal sealed class SpimWriter
{
    private readonly StringBuilder _text = new(4096);
    private int _depth;

    private SpimWriter()
    {
    }

    /// <param name="document">What to write.</param>
    /// <param name="basePath">Text of BasePath.</param>
    /// <param name="loader">The ImageLoader element: format, optional version, and its one child with an optional type.</param>
    public static string Write(SpimDocument document, string basePath, SpimLoader loader)
    {
        SpimWriter writer = new();
        writer._text.Append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n");
        writer.Open("SpimData", ("version", "0.2"));
        writer.Leaf("BasePath", basePath, ("type", "relative"));
        writer.Sequence(document, loader);
        writer.Registrations(document.Registrations);
        writer.Close("SpimData");
        return writer._text.ToString();
    }

    private void Sequence(SpimDocument document, SpimLoader loader)
    {
        Open("SequenceDescription");
        Open("ImageLoader", loader.Version is null ? [("format", loader.Format)] : [("format", loader.Format), ("version", loader.Version)]);
        Leaf(loader.Child, loader.Text, loader.Type is null ? [] : [("type", loader.Type)]);
        Close("ImageLoader");
        Open("ViewSetups");
        string[] attributes = [.. SpimReader.Fixed, .. document.Entities.Keys.Except(SpimReader.Fixed)];
        foreach (SpimSetup setup in document.Setups)
        {
            Setup(setup, attributes);
        }

        foreach (string name in attributes)
        {
            Entities(name, document.Entities[name]);
        }

        Close("ViewSetups");
        Timepoints(document.Timepoints);
        MissingViews(document.MissingViews);
        Close("SequenceDescription");
    }

    private void Setup(SpimSetup setup, string[] attributes)
    {
        Open("ViewSetup");
        Leaf("id", Number(setup.Id));
        if (setup.Name is not null)
        {
            Leaf("name", setup.Name);
        }

        if (setup.Size is not null)
        {
            Leaf("size", setup.Size);
        }

        if (setup.VoxelSize is not null)
        {
            Open("voxelSize");
            Leaf("unit", setup.VoxelUnit ?? string.Empty);
            Leaf("size", SpimNumber.Join(setup.VoxelSize));
            Close("voxelSize");
        }

        Open("attributes");
        foreach (string name in attributes)
        {
            Leaf(name, Number(setup.Attribute(name)));
        }

        Close("attributes");
        Close("ViewSetup");
    }

    private void Entities(string name, IReadOnlyList<SpimEntity> entities)
    {
        string element = char.ToUpperInvariant(name[0]) + name[1..];
        if (entities.Count == 0)
        {
            Line($"<Attributes name=\"{name}\" />");
            return;
        }

        Open("Attributes", ("name", name));
        foreach (SpimEntity entity in entities)
        {
            Open(element);
            Leaf("id", Number(entity.Id));
            if (entity.Name is not null)
            {
                Leaf("name", entity.Name);
            }

            foreach (XElement extra in entity.Extra)
            {
                Element(extra);
            }

            Close(element);
        }

        Close("Attributes");
    }

    private void Timepoints(SpimTimepoints timepoints)
    {
        IReadOnlyList<int> ids = timepoints.Ids;
        if (timepoints.Pattern is not null)
        {
            Open("Timepoints", ("type", "pattern"));
            Leaf("integerpattern", timepoints.Pattern);
        }
        else if (ids.Count > 0 && (long)ids[^1] - ids[0] == ids.Count - 1)
        {
            Open("Timepoints", ("type", "range"));
            Leaf("first", Number(ids[0]));
            Leaf("last", Number(ids[^1]));
        }
        else
        {
            Open("Timepoints", ("type", "list"));
            foreach (int id in ids)
            {
                Open("Timepoint");
                Leaf("id", Number(id));
                Close("Timepoint");
            }
        }

        Close("Timepoints");
    }

    private void MissingViews(IReadOnlyList<(int Timepoint, int Setup)>? views)
    {
        if (views is null)
        {
            return;
        }

        if (views.Count == 0)
        {
            Line("<MissingViews />");
            return;
        }

        Open("MissingViews");
        foreach ((int timepoint, int setup) in views)
        {
            Line($"<MissingView timepoint=\"{timepoint}\" setup=\"{setup}\" />");
        }

        Close("MissingViews");
    }

    private void Registrations(IReadOnlyList<SpimRegistration> registrations)
    {
        if (registrations.Count == 0)
        {
            Line("<ViewRegistrations />");
            return;
        }

        Open("ViewRegistrations");
        foreach (SpimRegistration registration in registrations)
        {
            Open("ViewRegistration", ("timepoint", Number(registration.Timepoint)), ("setup", Number(registration.Setup)));
            foreach (SpimTransform transform in registration.Transforms)
            {
                Open("ViewTransform", ("type", "affine"));
                if (transform.Name is not null)
                {
                    Leaf("Name", transform.Name);
                }

                Leaf("affine", transform.Affine);
                Close("ViewTransform");
            }

            Close("ViewRegistration");
        }

        Close("ViewRegistrations");
    }

    private void Element(XElement element)
    {
        (string, string)[] attributes = [.. element.Attributes().Where(a => !a.IsNamespaceDeclaration).Select(a => (a.Name.LocalName, a.Value))];
        if (!element.HasElements)
        {
            Leaf(element.Name.LocalName, element.Value.Trim(), attributes);
            return;
        }

        Open(element.Name.LocalName, attributes);
        foreach (XElement child in element.Elements())
        {
            Element(child);
        }

        Close(element.Name.LocalName);
    }

    private void Open(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Indent();
        Start(name, attributes);
        _text.Append(">\r\n");
        _depth++;
    }

    private void Close(string name)
    {
        _depth--;
        Line($"</{name}>");
    }

    private void Leaf(string name, string text, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Indent();
        Start(name, attributes);
        if (text.Length == 0)
        {
            _text.Append(" />\r\n");
            return;
        }

        _text.Append('>');
        Escape(text, inAttribute: false);
        _text.Append("</").Append(name).Append(">\r\n");
    }

    private void Start(string name, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _text.Append('<').Append(name);
        foreach ((string attribute, string value) in attributes)
        {
            _text.Append(' ').Append(attribute).Append("=\"");
            Escape(value, inAttribute: true);
            _text.Append('"');
        }
    }

    private void Escape(string text, bool inAttribute)
    {
        foreach (char c in text)
        {
            _ = c switch
            {
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '&' => _text.Append("&amp;"),
                '\r' => _text.Append("&#xD;"),
                '"' when inAttribute => _text.Append("&quot;"),
                '\t' when inAttribute => _text.Append("&#x9;"),
                '\n' when inAttribute => _text.Append("&#xA;"),
                _ => _text.Append(c),
            };
        }
    }

    private void Line(string text)
    {
        Indent();
        _text.Append(text).Append("\r\n");
    }

    private void Indent() => _text.Append(' ', 2 * _depth);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>An ImageLoader element with its one child.</summary>
internal sealed record SpimLoader(string Format, string? Version, string Child, string? Type, string Text)
{
    /// <summary>As the original keeps it on disk; its base path is <c>export.n5</c>.</summary>
    public static readonly SpimLoader OnDisk = new("bdv.n5", "1.0", "n5", "relative", ".");

    public static SpimLoader DataStore(string url) => new("bdv.hpc-datastore", null, "baseUrl", null, url);

    public static SpimLoader BigDataServer(string url) => new("bdv.remote", null, "baseUrl", null, url);
}
