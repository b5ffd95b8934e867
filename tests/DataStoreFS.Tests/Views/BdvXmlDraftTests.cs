using System.Text;
using System.Xml.Linq;
using DataStoreFS.Model;
using DataStoreFS.Views;

namespace DataStoreFS.Tests.Views;

public sealed class BdvXmlDraftTests
{
    [Fact]
    public void ADraftHasTheSetupsThatTheServersOwnXmlHas()
    {
        DatasetDescription dataset = DatasetDescription.Parse(Fixtures.Text("http/regs-dataset.json"));

        BdvXml draft = BdvXml.Parse(BdvXmlDraft.Write(dataset));

        BdvXml server = BdvXml.Parse(Fixtures.Text("http/regs-bdv-xml-0.xml"));
        Assert.Equal(server.Setups, draft.Setups);
        Assert.Equal(server.TimepointIds, draft.TimepointIds);
    }

    [Fact]
    public void ViewsAreScaledByTheirVoxelSize()
    {
        string json = Fixtures.Text("http/angles-dataset.json").Replace(
            "\"voxelUnit\":\"um\"", "\"voxelUnit\":\"<&\\u0001µm\"", StringComparison.Ordinal);

        XDocument draft = XDocument.Parse(Encoding.UTF8.GetString(BdvXml.Parse(BdvXmlDraft.Write(DatasetDescription.Parse(json))).ToExportXml()));

        Assert.Equal(6, draft.Descendants("ViewRegistration").Count());
        Assert.All(draft.Descendants("affine"), affine => Assert.Equal("1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 2.5 0.0", affine.Value));
        Assert.Equal("<&µm", draft.Descendants("unit").First().Value);
    }

    [Fact]
    public void MoreViewsThanADocumentHoldsAreRefused()
    {
        string json = Fixtures.Text("http/regs-dataset.json").Replace(
            "\"timepointIds\":[0,1]",
            "\"timepointIds\":null",
            StringComparison.Ordinal).Replace("\"timepoints\":2", "\"timepoints\":900000", StringComparison.Ordinal);

        Assert.Equal(DataStoreErrorKind.Protocol, Assert.Throws<DataStoreException>(() => BdvXmlDraft.Write(DatasetDescription.Parse(json))).Kind);
    }
}
