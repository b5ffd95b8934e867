using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

public sealed class N5TreeReaderTests
{
    // From the file that the writer of the trees left beside them.
    private const string DenseLevel2 = "805a3323d9736d18e79aae1475eaf408cf640f72604b6044405fb4d2ef0d0c94";

    [Theory]
    [InlineData("raw")]
    [InlineData("gzip")]
    [InlineData("lz4")]
    public void ATreeOfTheN5LibraryGivesTheVoxelsThatItsWriterStated(string compression)
    {
        N5TreeReader reader = new(Fixtures.PathOf($"n5/{compression}/export.n5"));

        N5ImageSummary level2 = reader.Summarise("setup0/timepoint0/s2");

        Assert.Equal((2, 0, DenseLevel2), (level2.Blocks, level2.Missing, level2.Dense));
        Assert.Equal(new Size3(38, 33, 20), level2.Attributes.Dimensions);
        Assert.Equal(compression, level2.Attributes.Compression.Name);
        Assert.Equal(["setup0/timepoint0/s0", "setup0/timepoint0/s1", "setup0/timepoint0/s2"], reader.Images());
    }

    [Fact]
    public void AbsentBlocksAreCountedAndReadAsZeros()
    {
        N5ImageSummary level0 = new N5TreeReader(Fixtures.PathOf("n5/gzip/export.n5")).Summarise("setup0/timepoint0/s0");

        Assert.Equal((1, 26), (level0.Blocks, level0.Missing));
    }

    [Fact]
    public void ADamagedBlockIsNamed()
    {
        string root = Directory.CreateTempSubdirectory("n5-tree-").FullName;
        try
        {
            string level = Path.Combine(root, "setup0/timepoint0/s0");
            Directory.CreateDirectory(Path.Combine(level, "0/0"));
            File.Copy(Fixtures.PathOf("n5/gzip/export.n5/setup0/timepoint0/s0/attributes.json"), Path.Combine(level, "attributes.json"));
            File.WriteAllText(Path.Combine(level, "0/0/0"), "no block");

            DataStoreException fault = Assert.Throws<DataStoreException>(() => new N5TreeReader(root).Summarise("setup0/timepoint0/s0"));

            Assert.Equal(DataStoreErrorKind.InvalidData, fault.Kind);
            Assert.Contains("setup0/timepoint0/s0/0/0/0: ", fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void AnImageThatIsNotThereIsNotFound()
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(
            () => new N5TreeReader(Fixtures.PathOf("n5/raw/export.n5")).Summarise("setup7/timepoint0/s0"));

        Assert.Equal(DataStoreErrorKind.NotFound, fault.Kind);
    }
}
