using System.CommandLine;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Options;

/// <summary><c>--setup</c>, <c>--timepoint</c> and <c>--level</c>: a part of a dataset.</summary>
/// <param name="rest">What becomes of the others, as the end of each sentence.</param>
internal sealed class FilterOptions(string rest = "")
{
    private readonly Option<string> _setups = Create("--setup", $"Only blocks of these setups, such as 0 or 0-3,7{rest}.");
    private readonly Option<string> _timepoints = Create("--timepoint", "Only blocks of these timepoints, likewise.");
    private readonly Option<string> _levels = Create("--level", "Only blocks of these levels (0 is full resolution), likewise.");

    public void AddTo(Command command)
    {
        command.Add(_setups);
        command.Add(_timepoints);
        command.Add(_levels);
    }

    /// <exception cref="DataStoreException">Usage.</exception>
    public ImageFilter Read(ParseResult parsed) => new(Ids(parsed, _setups), Ids(parsed, _timepoints), Ids(parsed, _levels));

    private static Option<string> Create(string name, string description) => new(name) { Description = description, HelpName = "IDS" };

    private static IReadOnlySet<int>? Ids(ParseResult parsed, Option<string> option) =>
        parsed.GetValue(option) is string text ? OptionValues.Named(option.Name, () => IdRanges.Parse(text)) : null;
}
