using DataStoreFS.Remote;

namespace DataStoreFS.Tests.Remote;

public sealed class ServerTextTests
{
    [Theory]
    [InlineData("<html><head><title>Internal Server Error</title></head>\n<body>Error id 7-1</body></html>", "Internal Server Error Error id 7-1")]
    [InlineData("\n\n first\tline\u0007 \r\nsecond", "first line")]
    [InlineData("safe\u202Eevil", "safe evil")]
    [InlineData("", "")]
    public void AServersWordsBecomeOneLine(string text, string expected) => Assert.Equal(expected, ServerText.FirstLine(text));

    [Fact]
    public void LongWordsAreCut() => Assert.Equal(201, ServerText.FirstLine(new string('x', 5000)).Length);
}
