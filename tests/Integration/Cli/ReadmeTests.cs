using System.Runtime.CompilerServices;
using DataStoreFS.Cli;
using DataStoreFS.Cli.Options;

namespace Integration.Cli;

/// <summary>What the README says of the command line is what the command line is.</summary>
public class ReadmeTests
{
    [Fact]
    public void TheTableOfOptionsIsTheOneTable()
    {
        string table = string.Concat(MountOptions.All.Select(o => $"| `{Spelled(o)}` | {o.Help} |\n"));
        Assert.Contains(table, Readme(), StringComparison.Ordinal);
    }

    [Fact]
    public void EveryVerbOfTheReadmeExistsAndEveryVerbIsInTheReadme()
    {
        string readme = Readme();
        Assert.All(CommandLine.Create([]).Subcommands.Where(c => !c.Hidden), c => Assert.Contains($"`{c.Name}", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryCommandOfTheReadmeCanBeParsed()
    {
        string[] commands = [.. Readme().Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("datastorefs ", StringComparison.Ordinal))];
        Assert.NotEmpty(commands);
        Assert.All(commands, command =>
        {
            string[] words = command.Split('#')[0].Split('&')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Empty(CommandLine.Create([]).Parse(words[1..]).Errors);
        });
    }

    /// <summary>A bar ends a cell of a table, so it is escaped there.</summary>
    private static string Spelled(MountOption option) =>
        option.Value is null ? option.Name : $"{option.Name}={option.Value.Replace("|", "\\|", StringComparison.Ordinal)}";

    private static string Readme([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../README.md")));
}
