using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DataStoreFS.Model;
using DataStoreFS.Views;

namespace DataStoreFS.Tests.Views;

public sealed partial class BdvXmlTests
{
    private const string Minimal = """
        <SpimData version="0.2"><SequenceDescription><ViewSetups><ViewSetup><id>0</id></ViewSetup></ViewSetups>
        <Timepoints type="range"><first>0</first><last>0</last></Timepoints></SequenceDescription></SpimData>
        """;

    public static TheoryData<string> Answers()
    {
        TheoryData<string> names = [];
        foreach (string dataset in (string[])["small", "versions", "angles", "regs"])
        {
            foreach (string version in (string[])["0", "mixedLatest", "all"])
            {
                names.Add($"{dataset}-xml-{version}");
            }

            names.Add($"{dataset}-bdv-xml-0");
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void OnlyTheLoaderAndTheVersionAttributeOfTheServersXmlChange(string name)
    {
        string answer = Fixtures.Text($"http/{name}.xml");
        string expected = Loader().Replace(
            answer, "<ImageLoader format=\"bdv.n5\" version=\"1.0\">\r\n      <n5 type=\"relative\">export.n5</n5>\r\n    </ImageLoader>");
        expected = VersionOfSetup().Replace(expected, "");
        expected = VersionGroup().Replace(expected, "");

        string written = Encoding.UTF8.GetString(BdvXml.Parse(answer).ToExportXml());

        Assert.Equal(expected, written);
        Assert.DoesNotContain("ersion>", written.Replace("Version: ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void BothDialectsOfTheServerGiveTheSameTree() => Assert.Equal(
        BdvXml.Parse(Fixtures.Text("http/regs-xml-0.xml")).ToExportXml(), BdvXml.Parse(Fixtures.Text("http/regs-bdv-xml-0.xml")).ToExportXml());

    [Fact]
    public void PatchingTwiceChangesNothingMore()
    {
        byte[] once = BdvXml.Parse(Fixtures.Text("http/angles-xml-0.xml")).ToExportXml();

        Assert.Equal(once, BdvXml.Parse(Encoding.UTF8.GetString(once)).ToExportXml());
    }

    [Fact]
    public void SetupsAndTimepointsAreUnderstood()
    {
        BdvXml angles = BdvXml.Parse(Fixtures.Text("http/angles-xml-0.xml"));

        Assert.Equal([3, 5, 9], angles.TimepointIds);
        Assert.Equal(
            [
                new BdvSetup(0, "setup0", new Size3(96, 80, 24), Channel: 0, Angle: 0, Tile: 0, Illumination: 0, Version: 0),
                new BdvSetup(1, "setup1", new Size3(96, 80, 24), Channel: 0, Angle: 1, Tile: 0, Illumination: 0, Version: 0),
            ],
            angles.Setups);
    }

    [Fact]
    public void ATreeOfAllVersionsKeepsItsNamesAndKnowsMixedLatestAsMinusOne()
    {
        BdvXml all = BdvXml.Parse(Fixtures.Text("http/small-xml-all.xml"));

        Assert.Equal([0, 0, -1, -1], all.Setups.Select(s => s.Version));
        Assert.Contains(
            "<name>Angle: 0, Channel: 1, Version: mixedLatest</name>", Encoding.UTF8.GetString(all.ToExportXml()), StringComparison.Ordinal);
    }

    [Fact]
    public void ThePathsOfTheServersDiskAreReplaced()
    {
        string disk = Minimal
            .Replace(
                "<SequenceDescription>",
                "<BasePath type=\"absolute\">export.n5</BasePath><SequenceDescription><ImageLoader format=\"bdv.n5\" version=\"1.0\"><n5 "
                    + "type=\"relative\">.</n5></ImageLoader>",
                StringComparison.Ordinal);

        XDocument written = XDocument.Parse(Encoding.UTF8.GetString(BdvXml.Parse(disk).ToExportXml()));

        XElement root = written.Root!;
        Assert.Equal("<BasePath type=\"relative\">.</BasePath>", root.Element("BasePath")!.ToString());
        Assert.Equal("<n5 type=\"relative\">export.n5</n5>", root.Descendants("n5").Single().ToString());
    }

    [Fact]
    public void WhatIsMissingIsAddedAndWhatIsUnknownStays()
    {
        string odd = Minimal.Replace("</SpimData>", "<!-- by hand --><Mine a='1 &lt; 2'><x/>ä</Mine><?pi?></SpimData>", StringComparison.Ordinal);

        string written = Encoding.UTF8.GetString(BdvXml.Parse(odd).ToExportXml());

        XDocument document = XDocument.Parse(written);
        Assert.NotNull(document.Root!.Element("BasePath"));
        Assert.NotNull(document.Root!.Element("SequenceDescription")!.Element("ImageLoader"));
        Assert.Contains("<!-- by hand --><Mine a=\"1 &lt; 2\"><x />ä</Mine><?pi?></SpimData>", written, StringComparison.Ordinal);
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<SpimData", written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0-3", new[] { 0, 1, 2, 3 })]
    [InlineData("0-10:5, 7,3", new[] { 0, 3, 5, 7, 10 })]
    [InlineData("4", new[] { 4 })]
    [InlineData("0-9:4", new[] { 0, 4, 8 })]
    [InlineData("2147483640-2147483647:7", new[] { 2147483640, 2147483647 })]
    public void PatternsOfTimepointsAreUnderstoodAndKept(string pattern, int[] ids)
    {
        BdvXml xml = BdvXml.Parse(WithTimepoints($"<Timepoints type=\"pattern\"><integerpattern>{pattern}</integerpattern></Timepoints>"));

        Assert.Equal(ids, xml.TimepointIds);
        Assert.Contains($"<integerpattern>{pattern}</integerpattern>", Encoding.UTF8.GetString(xml.ToExportXml()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<Timepoints type='range'><first>0</first><last>2147483647</last></Timepoints>")]
    [InlineData("<Timepoints type='range'><first>5</first><last>4</last></Timepoints>")]
    [InlineData("<Timepoints type='range'><first>-5</first><last>4</last></Timepoints>")]
    [InlineData("<Timepoints type='range'><first>0</first></Timepoints>")]
    [InlineData("<Timepoints type='pattern'><integerpattern>0-2000000000</integerpattern></Timepoints>")]
    [InlineData("<Timepoints type='pattern'><integerpattern>0-10:0</integerpattern></Timepoints>")]
    [InlineData("<Timepoints type='pattern'><integerpattern>0-1-2</integerpattern></Timepoints>")]
    [InlineData("<Timepoints type='pattern'><integerpattern>x</integerpattern></Timepoints>")]
    [InlineData("<Timepoints type='list'><Timepoint/></Timepoints>")]
    [InlineData("<Timepoints type='list'><Timepoint><id>-1</id></Timepoint></Timepoints>")]
    [InlineData("<Timepoints/>")]
    [InlineData("")]
    public void TimepointsThatCannotBeAreRefused(string timepoints) => Refused(WithTimepoints(timepoints));

    [Theory]
    [InlineData("<id>0</id>", "<id>-1</id>")]
    [InlineData("<id>0</id>", "<id>99999999999</id>")]
    [InlineData("<id>0</id>", "")]
    [InlineData("<id>0</id>", "<id>0</id><size>0 1 1</size>")]
    [InlineData("<id>0</id>", "<id>0</id><size>1 1</size>")]
    [InlineData("<id>0</id>", "<id>0</id><size>1 1 -1</size>")]
    [InlineData("<id>0</id>", "<id>0</id><size>1 1 99999999999</size>")]
    [InlineData("<id>0</id>", "<id>0</id><attributes><channel>x</channel></attributes>")]
    [InlineData("</ViewSetup>", "</ViewSetup><ViewSetup><id>0</id></ViewSetup>")]
    [InlineData("ViewSetups>", "Views>")]
    [InlineData("SequenceDescription>", "Sequence>")]
    [InlineData("<SpimData version=\"0.2\">", "<SpimData>&#0;")]
    public void DocumentsThatCannotBeAreRefused(string good, string bad) => Refused(Minimal.Replace(good, bad, StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("<html><body>Internal Server Error\n</body></html>")]
    [InlineData("{\"a\":1}")]
    [InlineData("<!DOCTYPE SpimData [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><SpimData>&x;</SpimData>")]
    [InlineData("<!DOCTYPE SpimData [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><SpimData>&b;</SpimData>")]
    [InlineData("<!DOCTYPE SpimData SYSTEM \"http://127.0.0.1:1/x.dtd\"><SpimData/>")]
    [InlineData("<SpimData xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"file:///etc/passwd\"/></SpimData>")]
    public void WhatIsNoSpimDataOrReachesOutsideIsRefused(string text) => Refused(text);

    [Fact]
    public void EndlessNestingIsRefusedWithoutRunningOutOfStack() =>
        Refused(string.Concat(Enumerable.Repeat("<a>", 200_000)) + string.Concat(Enumerable.Repeat("</a>", 200_000)));

    private static void Refused(string text)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => BdvXml.Parse(text));
        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private static string WithTimepoints(string timepoints) => OldTimepoints().Replace(Minimal, timepoints);

    [GeneratedRegex("<ImageLoader.*</ImageLoader>", RegexOptions.Singleline)]
    private static partial Regex Loader();

    [GeneratedRegex("\r\n +<version>-?[0-9]+</version>")]
    private static partial Regex VersionOfSetup();

    [GeneratedRegex("\r\n +<Attributes name=\"version\">.*?</Attributes>", RegexOptions.Singleline)]
    private static partial Regex VersionGroup();

    [GeneratedRegex("<Timepoints.*</Timepoints>", RegexOptions.Singleline)]
    private static partial Regex OldTimepoints();
}
