using System.Xml;
using System.Xml.Linq;
using DataStoreFS.Model;

namespace DataStoreFS.Views;

/// <summary>
/// A BigDataViewer XML in any of the dialects of a DataStore: the answer of <c>/datasets/U/V</c>, that of <c>/bdv/U/V</c>, or the file on the
/// server's disk. It can say what it holds, and become the <c>export.xml</c> of an N5 tree beside it.
/// </summary>
public sealed class BdvXml
{
    // About 400 characters a view: some 160,000 views. As objects they take ten times that.
    private const int LongestText = 64 << 20;

    // SpimData nests 6 deep. Copying a document recurses, so its depth has to be bounded.
    private const int DeepestNesting = 100;

    private readonly XDocument _document;

    private BdvXml(XDocument document)
    {
        _document = document;
        Setups = BdvXmlReader.Setups(document);
        TimepointIds = BdvXmlReader.Timepoints(document);
        MissingViews = BdvExportReader.MissingViews(BdvXmlReader.Sequence(document));
    }

    /// <summary>Ascending by id.</summary>
    public IReadOnlyList<BdvSetup> Setups { get; }

    /// <summary>Ascending, without repeats.</summary>
    public IReadOnlyList<int> TimepointIds { get; }

    /// <summary>Views that were never recorded.</summary>
    public IReadOnlySet<BdvView> MissingViews { get; }

    /// <param name="text">The document. DTDs are refused, so nothing outside it is ever read and nothing in it can grow.</param>
    /// <exception cref="DataStoreException">Protocol: it is no XML, or no SpimData that a tree can be made of.</exception>
    public static BdvXml Parse(string text)
    {
        if (text.Length > LongestText)
        {
            throw BdvXmlReader.Wrong($"it is {text.Length} characters long; at most {LongestText} are read");
        }

        // A byte order mark that came along in the text is no XML.
        text = text.TrimStart('\uFEFF');
        try
        {
            RequireShallow(text);
            using XmlReader reader = Open(text);
            XDocument document = XDocument.Load(reader, LoadOptions.PreserveWhitespace);
            return new BdvXml(document);
        }
        catch (XmlException fault)
        {
            throw BdvXmlReader.Wrong($"it is not XML ({fault.Message.ReplaceLineEndings(" ")})", fault);
        }
    }

    /// <summary>
    /// The document for a local tree <c>export.n5</c> beside it: loader and base path replaced, the server's <c>version</c> attribute (which
    /// BigDataViewer does not know) removed; all else as it was. The same bytes each time: UTF-8, lines end with CR LF as those of
    /// BigDataViewer's own files do.
    /// </summary>
    public byte[] ToExportXml() => BdvXmlPatch.Apply(_document);

    /// <summary>Where the voxels are and how the views lie in space, for copying a dataset.</summary>
    /// <exception cref="DataStoreException">Protocol: what in it cannot be.</exception>
    public BdvExport ReadExport() => BdvExportReader.Read(_document);

    private static XmlReader Open(string text) => XmlReader.Create(
        new StringReader(text),
        new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = LongestText,
            CloseInput = true,
        });

    private static void RequireShallow(string text)
    {
        using XmlReader reader = Open(text);
        while (reader.Read())
        {
            if (reader.Depth > DeepestNesting)
            {
                throw BdvXmlReader.Wrong($"it is nested more than {DeepestNesting} deep");
            }
        }
    }
}
