using DataStoreFS.Cli.Warming;
using DataStoreFS.Model;
using DataStoreFS.Warming;

namespace Integration.Warming;

public sealed class WarmSummaryTests
{
    private static readonly WarmResult s_none = new(0, 0, 0, 0, null, 0, 0, null, 0);

    [Fact]
    public void ItSaysWhatCameWhatWasThereAndWhatIsNowhere()
    {
        WarmResult result = s_none with { Fetched = 2880, Bytes = 1440L << 20, Present = 100, Missing = 20, MissingKept = true, Evicted = 3 };
        Assert.Equal(
            "3,000 blocks: 2,880 fetched (1.4 GiB, 120 MiB/s), 100 were there, 20 missing on the server, which is remembered, "
                + "3 older ones had to go for them; 12 s",
            WarmSummary.Describe(result, TimeSpan.FromSeconds(12)));
        Assert.Null(WarmSummary.Complaint(result));
    }

    [Theory]
    [InlineData(false, "1 blocks: 0 fetched (0 bytes), 1 missing on the server, which is asked again since this version may change; 1 s")]
    [InlineData(null, "1 blocks: 0 fetched (0 bytes), 1 missing on the server; 1 s")]
    public void ItSaysWhatIsKnownOfMissingOnes(bool? kept, string expected) =>
        Assert.Equal(expected, WarmSummary.Describe(s_none with { Missing = 1, MissingKept = kept }, TimeSpan.FromSeconds(1)));

    [Fact]
    public void NothingFetchedIsNotMentionedWhereAllWasThere() =>
        Assert.Equal("7 blocks: 7 were there; 2 s", WarmSummary.Describe(s_none with { Present = 7 }, TimeSpan.FromSeconds(1.5)));

    [Fact]
    public void WhatWentWrongIsAComplaint()
    {
        DataStoreException fault = new(DataStoreErrorKind.Protocol, "GET x: broken");
        Assert.Equal(
            "2 blocks could not be fetched; the first: GET x: broken",
            WarmSummary.Complaint(s_none with { Failed = 2, FirstFault = fault, Lost = 1 }));
        Assert.StartsWith("the disk cache did not take 1 of the blocks", WarmSummary.Complaint(s_none with { Lost = 1 }), StringComparison.Ordinal);
    }
}
