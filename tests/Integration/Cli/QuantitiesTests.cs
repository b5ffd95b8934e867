using DataStoreFS.Cli.Options;
using DataStoreFS.Model;

namespace Integration.Cli;

public class QuantitiesTests
{
    [Theory]
    [InlineData("65536", 65536)]
    [InlineData("0", 0)]
    [InlineData("12B", 12)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1GiB", 1L << 30)]
    [InlineData("1.5gib", 3L << 29)]
    [InlineData("2 TiB", 2L << 40)]
    [InlineData("200MB", 200_000_000)]
    [InlineData("8k", 8192)]
    public void SizesAreReadAsPeopleWriteThem(string text, long bytes) => Assert.Equal(bytes, Quantities.ParseSize(text));

    [Theory]
    [InlineData("10min", 600)]
    [InlineData("10m", 600)]
    [InlineData("30", 30)]
    [InlineData("30s", 30)]
    [InlineData("2h", 7200)]
    [InlineData("1.5d", 129_600)]
    [InlineData("0", 0)]
    public void DurationsAreReadAsPeopleWriteThem(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Quantities.ParseDuration(text));

    [Fact]
    public void MillisecondsAreNotMinutesOfSeconds() => Assert.Equal(TimeSpan.FromMilliseconds(500), Quantities.ParseDuration("500ms"));

    [Fact]
    public void InfIsForEver() => Assert.Equal(Timeout.InfiniteTimeSpan, Quantities.ParseDuration("inf"));

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1")]
    [InlineData("1e9")]
    [InlineData("5X")]
    [InlineData("1,5G")]
    [InlineData("9999999999999999T")]
    [InlineData("99999999999999999999")]
    public void WhatIsNoSizeIsAUsageErrorThatShowsHow(string text)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => Quantities.ParseSize(text));
        Assert.Equal(DataStoreErrorKind.Usage, fault.Kind);
        Assert.Contains("1GiB", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-5s")]
    [InlineData("9999999999999999d")]
    public void WhatIsNoDurationIsAUsageErrorThatShowsHow(string text)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => Quantities.ParseDuration(text));
        Assert.Contains("10min", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, "12 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(700L << 20, "700 MiB")]
    public void SizesAreShownInTheUnitThatFits(long bytes, string text) => Assert.Equal(text, Quantities.FormatSize(bytes));
}
