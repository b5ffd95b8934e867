using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace DataStoreFS.Views;

/// <summary>Turns the server's document into that of a local N5 tree.</summary>
internal static class BdvXmlPatch
{
    /// <summary>The N5 folder beside the XML.</summary>
    private const string Container = "export.n5";

    public static byte[] Apply(XDocument original)
    {
        XDocument document = new(original);
        ReplaceBasePath(BdvXmlReader.Root(document));
        XElement sequence = BdvXmlReader.Sequence(document);
        ReplaceLoader(sequence);
        RemoveVersions(sequence);
        return Write(document);
    }

    /// <summary>
    /// The server's disk has base path <c>export.n5</c> and image path <c>.</c>, which SpimData from 2.3 on resolves to the wrong folder. The other
    /// way round is read alike by all.
    /// </summary>
    private static void ReplaceBasePath(XElement root)
    {
        XElement? path = root.Element("BasePath");
        if (path is null)
        {
            path = new XElement("BasePath");
            root.AddFirst(new XText("\n  "), path);
        }

        path.ReplaceAll(new XAttribute("type", "relative"), new XText("."));
    }

    private static void ReplaceLoader(XElement sequence)
    {
        XElement loader = new(
            "ImageLoader",
            new XAttribute("format", "bdv.n5"),
            new XAttribute("version", "1.0"),
            new XText("\n      "),
            new XElement("n5", new XAttribute("type", "relative"), new XText(Container)),
            new XText("\n    "));
        if (sequence.Element("ImageLoader") is XElement old)
        {
            old.ReplaceWith(loader);
        }
        else
        {
            sequence.AddFirst(new XText("\n    "), loader);
        }
    }

    /// <summary>The attribute is the server's own: without its reader class BigDataViewer's setups are left with a null entity.</summary>
    private static void RemoveVersions(XElement sequence)
    {
        XElement? setups = sequence.Element("ViewSetups");
        List<XElement> versions =
        [
            .. setups?.Elements("ViewSetup").Elements("attributes").Elements("version") ?? [],
            .. setups?.Elements("Attributes").Where(group => group.Attribute("name")?.Value == "version") ?? [],
        ];
        foreach (XElement version in versions)
        {
            if (version.PreviousNode is XText indentation && string.IsNullOrWhiteSpace(indentation.Value))
            {
                indentation.Remove();
            }

            version.Remove();
        }
    }

    private static byte[] Write(XDocument document)
    {
        XmlWriterSettings settings = new()
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            NewLineChars = "\r\n",
            NewLineHandling = NewLineHandling.Replace,
            OmitXmlDeclaration = true,
        };
        using MemoryStream bytes = new();

        // Written by hand, since the writer would spell the encoding in lower case.
        bytes.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"u8);
        using (XmlWriter writer = XmlWriter.Create(bytes, settings))
        {
            foreach (XNode node in document.Nodes().SkipWhile(node => node is not XElement and not XComment and not XProcessingInstruction))
            {
                node.WriteTo(writer);
            }
        }

        return bytes.ToArray();
    }
}
