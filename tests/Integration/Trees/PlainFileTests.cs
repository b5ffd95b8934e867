using DataStoreFS.Cli.Trees;
using Integration.Server;

namespace Integration.Trees;

public sealed class PlainFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _buffer = new byte[1000];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(4321)]
    public void AFileIsReadToItsEndWhateverTheBuffer(int length)
    {
        string path = Path.Join(_folder.Path, "file");
        File.WriteAllBytes(path, new byte[length]);
        Assert.Equal((length, length), (PlainFile.Read(path, _buffer), PlainFile.Read(path, _buffer, dropPages: true)));
        Assert.True(PlainFile.Exists(path));
    }

    [Fact]
    public void WhatIsNotThereIsAValueAndWhatCannotBeReadAFault()
    {
        string path = Path.Join(_folder.Path, "file");
        Assert.Equal(-1, PlainFile.Read(path, _buffer));
        Assert.False(PlainFile.Exists(path));
        File.WriteAllText(path, "");
        Assert.Equal(-1, PlainFile.Read(path + "/below", _buffer));
        Assert.False(PlainFile.Exists(path + "/below"));
        Assert.Contains(_folder.Path, Assert.Throws<IOException>(() => PlainFile.Read(_folder.Path, _buffer)).Message, StringComparison.Ordinal);
    }
}
