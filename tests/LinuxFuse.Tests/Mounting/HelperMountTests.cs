using LinuxFuse.Mounting;

namespace LinuxFuse.Tests.Mounting;

public class HelperMountTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/nowhere::relative:.")]
    public void ProgramsAreFoundWithoutAPath(string? path) => Assert.EndsWith("/sh", HelperMount.Find("sh", path), StringComparison.Ordinal);

    [Fact]
    public void ThePathComesFirstAndTheWorkingDirectoryNever()
    {
        string folder = Directory.CreateTempSubdirectory("linuxfuse-test-").FullName;
        try
        {
            File.WriteAllText(Path.Join(folder, "sh"), "");
            Assert.Equal(folder + "/sh", HelperMount.Find("sh", $"/nowhere:{folder}:/bin"));
            Assert.Null(HelperMount.Find("no-such-program", folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
