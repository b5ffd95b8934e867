using System.CommandLine;

namespace DataStoreFS.Cli.Options;

/// <summary>The option table as System.CommandLine options, and what a parsed command line says with them.</summary>
internal sealed class MountOptionSet
{
    private readonly List<(MountOption Option, Option Parsed)> _long = [];
    private readonly Option<string[]>? _list;

    /// <summary>All of them, also as <c>-o</c> lists.</summary>
    public MountOptionSet()
        : this([.. MountOptions.All.Select(option => option.Name)])
    {
        _list = new Option<string[]>("-o")
        {
            Description = "The same options as one list: -o name=value,name2,… as in fstab (a comma in a value is written \\,).",
            HelpName = "NAME=VALUE,…",
            AllowMultipleArgumentsPerToken = false,
        };
        _list.CompletionSources.Add(_ => MountOptions.All.Select(o => o.Value is null ? o.Name : o.Name + "="));
    }

    /// <summary>Some of them, for another verb that opens a dataset.</summary>
    public MountOptionSet(params IReadOnlyList<string> names)
    {
        foreach (MountOption option in MountOptions.All.Where(option => names.Contains(option.Name)))
        {
            _long.Add((option, option.Value is null ? Switch(option) : Valued(option)));
        }
    }

    /// <summary>What an option means to a verb that uses it differently.</summary>
    public void Describe(string name, string help) => _long.First(pair => pair.Option.Name == name).Parsed.Description = help;

    public void AddTo(Command command)
    {
        foreach ((_, Option parsed) in _long)
        {
            command.Add(parsed);
        }

        if (_list is not null)
        {
            command.Add(_list);
        }
    }

    /// <summary>The first of them that the command line has, as it is written there; null: none.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        _long.Select(pair => pair.Parsed).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    /// <summary>The <c>-o</c> lists in their order, then the long options, which therefore win.</summary>
    /// <exception cref="Model.DataStoreException">Usage.</exception>
    public void Apply(ParseResult parsed, MountDraft draft)
    {
        foreach (string list in (_list is null ? null : parsed.GetValue(_list)) ?? [])
        {
            MountOptions.ApplyList(draft, list);
        }

        foreach ((MountOption option, Option found) in _long)
        {
            if (found is Option<string> valued && parsed.GetValue(valued) is string value)
            {
                MountOptions.Apply(draft, option, value, "--" + option.Name);
            }
            else if (found is Option<bool> flag && parsed.GetValue(flag))
            {
                MountOptions.Apply(draft, option, null, "--" + option.Name);
            }
        }
    }

    private static Option<bool> Switch(MountOption option)
    {
        string[] aliases = option.Name == "foreground" ? ["-f"] : [];
        return new Option<bool>("--" + option.Name, aliases) { Description = option.Help };
    }

    private static Option<string> Valued(MountOption option)
    {
        var valued = new Option<string>("--" + option.Name) { Description = option.Help, HelpName = option.Value };
        if (option.Choices.Length > 0)
        {
            valued.CompletionSources.Add(_ => option.Choices);
        }

        return valued;
    }
}
