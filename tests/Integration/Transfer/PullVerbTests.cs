using DataStoreFS.Cli.Verbs;
using DataStoreFS.Model;

namespace Integration.Transfer;

public sealed class PullVerbTests
{
    [Theory]
    [InlineData("3", "3")]
    [InlineData("0-3,7", "0,1,2,3,7")]
    [InlineData("7, 5-6", "5,6,7")]
    public void IdsAreReadAsPeopleListThem(string text, string expected) => Assert.Equal(expected, string.Join(',', PullVerb.ParseIds(text).Order()));

    [Theory]
    [InlineData("")]
    [InlineData("3-1")]
    [InlineData("1-2-3")]
    [InlineData("a")]
    [InlineData("-1")]
    [InlineData("0-2000000000")]
    [InlineData("1,,2")]
    public void WhatIsNoListOfIdsIsAUsageError(string text) =>
        Assert.Equal(DataStoreErrorKind.Usage, Assert.Throws<DataStoreException>(() => PullVerb.ParseIds(text)).Kind);
}
