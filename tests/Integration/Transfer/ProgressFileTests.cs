using System.Text;
using DataStoreFS.Model;
using DataStoreFS.Transfer;
using Integration.Server;

namespace Integration.Transfer;

public sealed class ProgressFileTests
{
    [Fact]
    public void AFileThatIsCutAnywhereSaysWhatItsWholeLinesSaid()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "progress");
        using (ProgressFile written = ProgressFile.Open(path))
        {
            written.Start("{\"a\":1}");
            written.Write(0, new ImageProgress(5, 4));
            written.Write(1, new ImageProgress(12, 0));
            written.Write(0, new ImageProgress(10, 9));
            written.Finish(DateTimeOffset.UnixEpoch);
        }

        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            using ProgressFile read = ProgressFile.Open(path);
            string[] lines = Encoding.UTF8.GetString(whole[..length]).Split('\n')[..^1];
            Assert.Equal(lines.Length > 0 ? "{\"a\":1}" : null, read.Header);
            Assert.Equal(lines.Length switch { < 2 => default, < 4 => new(5, 4), _ => new ImageProgress(10, 9) }, read[0]);
            Assert.Equal(lines.Length < 3 ? default : new ImageProgress(12, 0), read[1]);
            Assert.Equal(lines.Length < 5 ? null : DateTimeOffset.UnixEpoch, read.Finished);
        }
    }

    [Theory]
    [InlineData("1 2")]
    [InlineData("1 2 3 4")]
    [InlineData("1 2 -3")]
    [InlineData("x 2 3")]
    [InlineData("99999999999 2 3")]
    [InlineData("finished 2 3")]
    [InlineData("1 finished 3")]
    [InlineData("finished 9223372036854775807")]
    [InlineData("\0\0\0\0")]
    public void ALineThatSaysNothingEndsTheFile(string line)
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "progress");
        File.WriteAllText(path, $"{{\"a\":1}}\n0 7 7\n{line}\n0 9 9\n");
        using (ProgressFile read = ProgressFile.Open(path))
        {
            Assert.Equal(new ImageProgress(7, 7), read[0]);
        }

        Assert.Equal("{\"a\":1}\n0 7 7\n", File.ReadAllText(path));
    }

    [Fact]
    public void AHeaderThatIsNoneIsNotGuessedAt()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "progress");
        File.WriteAllText(path, "0 7 7\n");
        Assert.Equal(DataStoreErrorKind.Local, Assert.Throws<DataStoreException>(() => ProgressFile.Open(path)).Kind);
    }

    [Fact]
    public void OnlyAFileThatIsLockedMayBeAnotherTransfers()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "progress");
        using ProgressFile file = ProgressFile.Open(path);
        Assert.Contains(
            "running already?", Assert.Throws<DataStoreException>(() => ProgressFile.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "must be able to write there",
            Assert.Throws<DataStoreException>(() => ProgressFile.Open("/proc/self/nowhere/progress")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageIsAsFarAsItsFirstUnfinishedBatch()
    {
        using TemporaryFolder folder = new();
        using ProgressFile file = ProgressFile.Open(Path.Combine(folder.Path, "progress"));
        file.Start("{\"a\":1}");
        Watermarks watermarks = new(file);
        Watermarks.Piece first = watermarks.Begin(3, 10);
        Watermarks.Piece second = watermarks.Begin(3, 20);
        Watermarks.Piece third = watermarks.Begin(3, 30);

        watermarks.Complete(second, 7);
        Assert.Equal(default, watermarks.Of(3));
        watermarks.Complete(first, 4);
        Assert.Equal(new ImageProgress(20, 11), watermarks.Of(3));
        watermarks.Complete(third, 0);
        Assert.Equal(new ImageProgress(30, 11), watermarks.Of(3));
    }
}
