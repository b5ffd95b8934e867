using System.CommandLine;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs help [VERB]</c>: what <c>--help</c> says.</summary>
internal static class HelpVerb
{
    public static Command Create(Command root)
    {
        var about = new Argument<string[]>("VERB") { Description = "The verb to explain.", Arity = ArgumentArity.ZeroOrMore };
        about.CompletionSources.Add(_ => root.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        var help = new Verb("help", "Explain a verb.") { about };
        help.SetAction((parsed, cancellationToken) =>
            root.Parse([.. parsed.GetValue(about) ?? [], "--help"]).InvokeAsync(parsed.InvocationConfiguration, cancellationToken));
        return help;
    }
}
