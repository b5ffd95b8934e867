using DataStoreFS.Cli.Logging;

namespace Integration.Cli;

public class LineTextTests
{
    [Fact]
    public void AnEventIsOneLineWhateverAServerPutsIntoIt() =>
        Assert.Equal(@"no such version\r\n<2>forged\tline\x1b[2J", LineText.OneLine("no such version\r\n<2>forged\tline\e[2J"));

    [Fact]
    public void TextWithoutControlCharactersIsLeftAlone()
    {
        string text = "Größe: 5 µm";
        Assert.Same(text, LineText.OneLine(text));
    }

    [Fact]
    public void AnExceptionAddsItsMessageAndItsStackOnlyForWhoAsks()
    {
        var fault = new InvalidOperationException("broken\npipe");
        Assert.Equal(@"read failed: broken\npipe", LineText.Describe("read failed", fault, withStack: false));
        Assert.Contains("System.InvalidOperationException", LineText.Describe("read failed", fault, withStack: true), StringComparison.Ordinal);
    }
}
