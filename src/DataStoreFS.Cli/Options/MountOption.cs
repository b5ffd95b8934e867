using DataStoreFS.Mounting;

namespace DataStoreFS.Cli.Options;

/// <summary>One option of <c>mount</c>, in both of its spellings: <c>--name value</c> and <c>-o name=value</c>.</summary>
/// <param name="Name">Without dashes in front.</param>
/// <param name="Value">What the value is called in help texts; null for a switch.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Apply">Puts the value (empty for a switch) into the settings; throws a usage <see cref="Model.DataStoreException"/> for one that
/// cannot be.</param>
internal sealed record MountOption(string Name, string? Value, string Help, Action<MountDraft, string> Apply)
{
    /// <summary>The only values there are, for help and completion; empty when there are others.</summary>
    public string[] Choices { get; init; } = [];


    public MountOption(string name, string help, Func<MountSettings, MountSettings> set)
        : this(name, null, help, (draft, _) => draft.Settings = set(draft.Settings))
    {
    }

    public MountOption(string name, string value, string help, Func<MountSettings, string, MountSettings> set)
        : this(name, value, help, (draft, text) => draft.Settings = set(draft.Settings, text))
    {
    }
}
