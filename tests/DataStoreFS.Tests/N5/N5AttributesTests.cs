using System.Text;
using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

public sealed class N5AttributesTests
{
    private static readonly LevelInfo s_level0 = new(0, new Size3(1, 1, 1), new Size3(150, 130, 40), new Size3(64, 64, 16));
    private static readonly LevelInfo s_level2 = new(2, new Size3(4, 4, 2), new Size3(38, 33, 20), new Size3(64, 64, 16));

    [Theory]
    [InlineData("raw", 0, 0)]
    [InlineData("gzip", 0, 6)]
    [InlineData("lz4", 2, 65536)]
    public void LevelsAreWrittenByteForByteAsTheN5LibraryDoes(string compression, int level, int parameter)
    {
        Assert.True(N5Compression.TryFromName(compression, out N5Compression known));

        byte[] written = N5Attributes.Level(level == 0 ? s_level0 : s_level2, VoxelType.UInt16, known with { Parameter = parameter });

        Assert.Equal(Fixtures.Text($"n5/{compression}/export.n5/setup0/timepoint0/s{level}/attributes.json"), Encoding.UTF8.GetString(written));
    }

    [Fact]
    public void SetupsTimepointsAndTheRootAreWrittenAsTheN5LibraryDoes()
    {
        LevelInfo level1 = new(1, new Size3(2, 2, 1), new Size3(75, 65, 40), new Size3(64, 64, 16));

        Assert.Equal(
            Fixtures.Text("n5/gzip/export.n5/setup0/attributes.json"),
            Encoding.UTF8.GetString(N5Attributes.Setup([s_level0, level1, s_level2], VoxelType.UInt16)));
        Assert.Equal(
            Fixtures.Text("n5/gzip/export.n5/setup0/timepoint0/attributes.json"), Encoding.UTF8.GetString(N5Attributes.Timepoint([0.5, 0.5, 1])));
        Assert.Equal("""{"n5":"2.5.1"}""", Encoding.UTF8.GetString(N5Attributes.Root()));
    }

    [Fact]
    public void WhatIsWrittenReadsBack()
    {
        N5Compression zlib = N5Compression.Zlib with { Parameter = 3 };

        N5LevelAttributes level = N5LevelAttributes.Parse(N5Attributes.Level(s_level2, VoxelType.Float64, zlib));
        N5SetupAttributes setup = N5SetupAttributes.Parse(N5Attributes.Setup([s_level0, s_level2], VoxelType.Int8));

        Assert.Equal(new N5LevelAttributes(s_level2.Dimensions, s_level2.BlockSize, VoxelType.Float64, zlib, s_level2.Factors), level);
        Assert.Equal([new Size3(1, 1, 1), new Size3(4, 4, 2)], setup.Factors);
        Assert.Equal(VoxelType.Int8, setup.Type);
    }

    [Theory]
    [InlineData("""{"type":"gzip"}""", N5CompressionType.Gzip, -1)]
    [InlineData("""{"type":"xz","preset":2}""", N5CompressionType.Xz, 2)]
    [InlineData("""{"level":1,"type":"bzip2","blockSize":4,"more":{}}""", N5CompressionType.Bzip2, 4)]
    [InlineData("\"lz4\"", N5CompressionType.Lz4, 65536)]
    public void CompressionObjectsOfOtherWritersAreUnderstood(string text, N5CompressionType type, int parameter)
    {
        using JsonDocument attributes = JsonDocument.Parse($$"""{"compressionType":{{text}}}""");

        N5Compression compression = N5Compression.FromAttributes(attributes.RootElement);

        Assert.Equal((type, parameter), (compression.Type, compression.Parameter));
    }

    [Fact]
    public void OtherWritersHabitsAreTolerated()
    {
        string indented = "\uFEFF{\n  \"dimensions\": [150.0, 130, 4e1],\n  \"blockSize\": [64,64,16],\n  \"dataType\": "
            + "\"UINT16\",\n  \"compressionType\": \"gzip\",\n  \"x\": null\n}\n";

        N5LevelAttributes level = N5LevelAttributes.Parse(Encoding.UTF8.GetBytes(indented));

        Assert.Equal(new Size3(150, 130, 40), level.Dimensions);
        Assert.Null(level.Factors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"dimensions":[1,2],"blockSize":[1,1,1],"dataType":"uint8","compression":{"type":"raw"}}""")]
    [InlineData("""{"dimensions":[1,2,0],"blockSize":[1,1,1],"dataType":"uint8","compression":{"type":"raw"}}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[1,1,-1],"dataType":"uint8","compression":{"type":"raw"}}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[65536,65536,16],"dataType":"uint8","compression":{"type":"raw"}}""")]
    [InlineData("""{"dimensions":[1,2,1e400],"blockSize":[1,1,1],"dataType":"uint8","compression":{"type":"raw"}}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[1,1,1],"dataType":"string","compression":{"type":"raw"}}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[1,1,1],"dataType":"\udc00","compression":{"type":"raw"}}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[1,1,1],"dataType":"uint8","compression":{"type":"blosc"}}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[1,1,1],"dataType":"uint8","compression":null}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[1,1,1],"dataType":"uint8","compression":{}}""")]
    [InlineData("""{"dimensions":[1,2,3],"blockSize":[1,1,1],"dataType":"uint8"}""")]
    public void WhatCannotBeIsRefused(string text)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => N5LevelAttributes.Parse(Encoding.UTF8.GetBytes(text)));

        Assert.Equal(DataStoreErrorKind.InvalidData, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Theory]
    [InlineData(1, "1.0")]
    [InlineData(0, "0.0")]
    [InlineData(-3, "-3.0")]
    [InlineData(0.406, "0.406")]
    [InlineData(5.002463054187192, "5.002463054187192")]
    [InlineData(1e-4, "1.0E-4")]
    [InlineData(1.25e-7, "1.25E-7")]
    [InlineData(0.001, "0.001")]
    [InlineData(9999999, "9999999.0")]
    [InlineData(1e7, "1.0E7")]
    [InlineData(-123456789, "-1.23456789E8")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157E308")]
    [InlineData(0.00012345, "1.2345E-4")]
    public void NumbersAreSpelledAsJavaDoes(double value, string expected) => Assert.Equal(expected, JavaNumber.Format(value));
}
