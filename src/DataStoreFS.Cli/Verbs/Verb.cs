using System.CommandLine;

namespace DataStoreFS.Cli.Verbs;

/// <summary>A command with examples, which its help shows at the end.</summary>
internal class Verb(string name, string description) : Command(name, description)
{
    /// <summary>Pairs of a command line and what it does.</summary>
    public IReadOnlyList<(string Command, string Does)> Examples { get; init; } = [];
}
