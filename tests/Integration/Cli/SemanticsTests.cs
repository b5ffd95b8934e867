using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Integration.Cli;

/// <summary>The promises made to users are numbered without gaps, and each names tests that exist.</summary>
public partial class SemanticsTests
{
    [Fact]
    public void EveryPromiseIsHeldByATest()
    {
        string root = Root();
        string sources = string.Concat(
            Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        string page = File.ReadAllText(Path.Combine(root, "src/DataStoreFS/SEMANTICS.md"));
        MatchCollection promises = Promise().Matches(page);
        Assert.Equal(page.Split('\n').Count(line => line.Length > 0 && char.IsDigit(line[0])), promises.Count);
        Assert.Equal(Enumerable.Range(1, promises.Count), promises.Select(p => int.Parse(p.Groups["number"].ValueSpan)));
        Assert.All(promises, promise => Assert.All(
            promise.Groups["tests"].Value.Split(',', StringSplitOptions.TrimEntries),
            test =>
                Assert.True(
                    sources.Contains($" {test}(", StringComparison.Ordinal), $"promise {promise.Groups["number"]}: there is no test {test}")));
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));

    [GeneratedRegex(
        @"^(?<number>\d+)\. (?:(?!^\d+\. )[\s\S])*?\[(?<tests>[A-Za-z0-9_, \n]+)\]$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Promise();
}
