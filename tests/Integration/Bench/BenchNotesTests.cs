using DataStoreFS.Cli.Bench;

namespace Integration.Bench;

public sealed class BenchNotesTests
{
    [Fact]
    public void AColdRunOnAnIdleMachineNeedsNoNote() =>
        Assert.Empty(BenchNotes.Of([Phase("seq", 256, 300), Phase("par8", 256, 256), Phase("par8 again", 256, 0)], 256, 0.1, 2));

    [Fact]
    public void WhatWasCachedIsSaid() =>
        Assert.StartsWith(
            "par8 was not cold: 56 of its 256 blocks",
            Assert.Single(BenchNotes.Of([Phase("seq", 256, 256), Phase("par8", 256, 200)], 256, 0, 2)),
            StringComparison.Ordinal);

    [Fact]
    public void WhatIsNotKnownIsSaid() =>
        Assert.StartsWith(
            "whether seq and par8 were cold is not known",
            Assert.Single(BenchNotes.Of([Phase("seq", 256, null), Phase("par8", 256, null)], 256, 0, 2)),
            StringComparison.Ordinal);

    [Fact]
    public void TooFewFilesAndOthersAtWorkAreSaid()
    {
        IReadOnlyList<string> notes = BenchNotes.Of([Phase("seq", 20, 20), Phase("par8", 19, 19) with { Missing = 3 }], 256, 3.5, 4);
        Assert.Equal(4, notes.Count);
        Assert.StartsWith("only 20 (seq) and 19 (par8) of 256 files", notes[0], StringComparison.Ordinal);
        Assert.Contains("say little", notes[1], StringComparison.Ordinal);
        Assert.StartsWith("par8: 3 blocks are not in the tree", notes[2], StringComparison.Ordinal);
        Assert.Contains("load 3.5 on 4 cores", notes[3], StringComparison.Ordinal);
    }

    private static BenchPhase Phase(string name, int files, long? asked) => new()
    {
        Name = name,
        Threads = 1,
        Files = files,
        Missing = 0,
        Bytes = 1,
        Seconds = 1,
        P50Milliseconds = 1,
        P95Milliseconds = 1,
        ServerBlocks = asked,
    };
}
