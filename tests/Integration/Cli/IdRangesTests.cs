using DataStoreFS.Cli.Options;
using DataStoreFS.Model;

namespace Integration.Cli;

public sealed class IdRangesTests
{
    [Theory]
    [InlineData("3", "3")]
    [InlineData("0-10", "0,1,2,3,4,5,6,7,8,9,10")]
    [InlineData("0,2,5-7", "0,2,5,6,7")]
    [InlineData("7, 5-6", "5,6,7")]
    [InlineData("1-3,2-4,3", "1,2,3,4")]
    public void IdsAreReadAsPeopleListThem(string text, string expected) => Assert.Equal(expected, string.Join(',', IdRanges.Parse(text).Order()));

    [Theory]
    [InlineData("")]
    [InlineData("3-1")]
    [InlineData("1-2-3")]
    [InlineData("a")]
    [InlineData("-1")]
    [InlineData("5-")]
    [InlineData("0-2000000000")]
    [InlineData("0-2147483647")]
    [InlineData("0-600000,700000-1300000")]
    [InlineData("99999999999")]
    [InlineData("1,,2")]
    [InlineData("1\n2")]
    public void WhatIsNoListOfIdsIsAUsageErrorInOneLine(string text)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => IdRanges.Parse(text));
        Assert.Equal(DataStoreErrorKind.Usage, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }
}
