using DataStoreFS.Model;

namespace DataStoreFS.Tests.Model;

public sealed class DatasetDescriptionTests
{
    private const string Good = """
        {"voxelType":"uint16","dimensions":[700,660,113],"timepoints":2,"voxelResolution":[0.4,0.4,2],
         "resolutionLevels":[{"resolutions":[1,1,1],"blockDimensions":[128,128,16]},{"resolutions":[2,2,1],"blockDimensions":[128,64,32]}],"versions":[2,0,1]}
        """;

    [Theory]
    [InlineData("small", 2, 1, VoxelType.UInt16, 3, "gzip")]
    [InlineData("versions", 1, 1, VoxelType.UInt16, 3, "gzip")]
    [InlineData("angles", 1, 2, VoxelType.Float32, 2, "raw")]
    [InlineData("regs", 2, 2, VoxelType.UInt8, 1, "lz4")]
    public void AnswersOfTheServerParse(string name, int channels, int angles, VoxelType type, int levels, string compression)
    {
        DatasetDescription dataset = DatasetDescription.Parse(Fixtures.Text($"http/{name}-dataset.json"));

        Assert.Equal(
            (channels, angles, type, levels, compression),
            (dataset.Channels, dataset.Angles, dataset.VoxelType, dataset.Levels.Count, dataset.Compression));
        Assert.Equal(name, dataset.Label);
        Assert.Equal("um", dataset.VoxelUnit);
        Assert.Equal([0.4, 0.4, 1.0], dataset.VoxelSize);
    }

    [Fact]
    public void TimepointIdsAreTrustedMoreThanTheirCount()
    {
        DatasetDescription dataset = DatasetDescription.Parse(
            Fixtures.Text("http/angles-dataset.json").Replace("\"timepoints\":3", "\"timepoints\":1", StringComparison.Ordinal));

        Assert.Equal([3, 5, 9], dataset.TimepointIds);
    }

    [Fact]
    public void TheShorterJsonOfOldServersParses()
    {
        DatasetDescription dataset = DatasetDescription.Parse(Good);

        Assert.Equal([0, 1], dataset.TimepointIds);
        Assert.Equal((1, 1), (dataset.Channels, dataset.Angles));
        Assert.Null(dataset.Uuid);
    }

    [Fact]
    public void VersionsAreSortedAndTypesKnowNoCase()
    {
        DatasetDescription dataset = DatasetDescription.Parse(Good.Replace("uint16", "UINT16", StringComparison.Ordinal));

        Assert.Equal([0, 1, 2], dataset.Versions);
        Assert.Equal(VoxelType.UInt16, dataset.VoxelType);
    }

    [Fact]
    public void ResolutionsOfTimeAndAngleAreKept()
    {
        string json = Good.Replace("\"timepoints\":2", """ "timepoints":2,"timepointResolution":{"value":1.5,"unit":"min"},"angleResolution":{"value":90.0,"unit":null} """, StringComparison.Ordinal);

        DatasetDescription dataset = DatasetDescription.Parse(json);

        Assert.Equal(new ResolutionValue(1.5, "min"), dataset.TimepointResolution);
        Assert.Equal(new ResolutionValue(90, null), dataset.AngleResolution);
    }

    [Theory]
    [InlineData("[700,660,113]", "[0,660,113]")]
    [InlineData("[700,660,113]", "[-700,660,113]")]
    [InlineData("[700,660,113]", "[700,660]")]
    [InlineData("[700,660,113]", "[700,660,1e300]")]
    [InlineData("[700,660,113]", "[700,660,1.5]")]
    [InlineData("[700,660,113]", "[9223372036854775807,660,113]")]
    [InlineData("[700,660,113]", "[2147483647,2147483647,2147483647]")]
    [InlineData("[700,660,113]", "null")]
    [InlineData("[700,660,113]", "\"700\"")]
    [InlineData("[128,128,16]", "[0,128,16]")]
    [InlineData("[128,128,16]", "[-128,-128,16]")]
    [InlineData("[128,128,16]", "[4096,4096,4096]")]
    [InlineData("[128,128,16]", "[2147483647,2147483647,2147483647]")]
    [InlineData("[2,2,1]", "[0,2,1]")]
    [InlineData("[2,2,1]", "[1,1,1]")]
    [InlineData("uint16", "complex64")]
    [InlineData("\"uint16\"", "16")]
    [InlineData("\"uint16\"", "\"\\ud800\"")]
    [InlineData("\"timepoints\":2", "\"timepoints\":1000001")]
    [InlineData("\"timepoints\":2", "\"timepoints\":-1")]
    [InlineData("\"timepoints\":2", "\"timepointIds\":[0,-1]")]
    [InlineData("\"timepoints\":2", "\"timepointIds\":[0,4294967296]")]
    [InlineData("\"timepoints\":2", "\"timepointIds\":{}")]
    [InlineData("\"timepoints\":2", "\"channels\":2147483647")]
    [InlineData("[2,0,1]", "[0,\"1\"]")]
    [InlineData("\"resolutionLevels\"", "\"levels\"")]
    [InlineData("{\"resolutions\":[1,1,1],", "[1],{\"resolutions\":[1,1,1],")]
    public void WhatCannotBeIsRefusedWithOneLine(string good, string bad)
    {
        string json = Good.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(Good, json);

        DataStoreException fault = Assert.Throws<DataStoreException>(() => DatasetDescription.Parse(json));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }

    /// <summary>The server keeps what it was given, and never looks at it.</summary>
    [Theory]
    [InlineData("[0.4,0.4,0]", 0.4, 0.4, 1)]
    [InlineData("[-0.4,0.4,2]", 1, 0.4, 2)]
    [InlineData("[0.4,null,2]", 0.4, 1, 2)]
    [InlineData("[0.4,0.4,1e999]", 0.4, 0.4, 1)]
    [InlineData("[0.4,0.4]", 1, 1, 1)]
    [InlineData("\"0.4\"", 1, 1, 1)]
    public void AVoxelSizeThatCannotBeIsOneAndSaidToBeIt(string given, double x, double y, double z)
    {
        DatasetDescription dataset = DatasetDescription.Parse(Good.Replace("[0.4,0.4,2]", given, StringComparison.Ordinal));

        Assert.Equal([x, y, z], dataset.VoxelSize);
        Assert.StartsWith($"its voxelResolution {given} is not three positive numbers", dataset.Doubt, StringComparison.Ordinal);
        Assert.Null(DatasetDescription.Parse(Good).Doubt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>\n</html>")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"voxelType\":")]
    public void WhatIsNoJsonObjectIsRefused(string text)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => DatasetDescription.Parse(text));

        Assert.Equal(DataStoreErrorKind.Protocol, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void TooManyLevelsOrTooDeepNestingAreRefused()
    {
        string levels = string.Join(',', Enumerable.Range(1, 40).Select(i => $$"""{"resolutions":[{{i}},1,1],"blockDimensions":[8,8,8]}"""));
        string many = $$"""{"voxelType":"uint8","dimensions":[10,10,10],"resolutionLevels":[{{levels}}]}""";

        Assert.Equal(DataStoreErrorKind.Protocol, Assert.Throws<DataStoreException>(() => DatasetDescription.Parse(many)).Kind);
        Assert.Equal(DataStoreErrorKind.Protocol, Assert.Throws<DataStoreException>(() => DatasetDescription.Parse(new string('[', 100_000))).Kind);
    }
}
