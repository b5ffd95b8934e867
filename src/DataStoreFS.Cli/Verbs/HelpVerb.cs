using System.CommandLine;
using DataStoreFS.Cli.Options;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs help [VERB]</c>: what <c>--help</c> says.</summary>
internal static class HelpVerb
{
    public static Command Create(Command root)
    {
        var about = new Argument<string[]>("VERB") { HelpName = "VERB", Description = "The verb to explain.", Arity = ArgumentArity.ZeroOrMore };
        about.CompletionSources.Add(_ => root.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        var help = new Verb("help", "Explain a verb.") { about };
        help.SetAction((parsed, cancellationToken) =>
        {
            string[] words = parsed.GetValue(about) ?? [];
            RequireKnown(root, words);
            return root.Parse([.. words, "--help"]).InvokeAsync(parsed.InvocationConfiguration, cancellationToken);
        });
        return help;
    }

    /// <summary>There is no such verb, and which was meant.</summary>
    public static string Unknown(Command command, string word)
    {
        string hint = Spelling.Closest(word, command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)) is string close
            ? $"; did you mean {close}?"
            : "";
        return $"there is no verb '{word}'{hint}";
    }

    private static void RequireKnown(Command command, string[] words)
    {
        foreach (string word in words)
        {
            command = command.Subcommands.FirstOrDefault(c => c.Name == word)
                ?? throw new DataStoreException(DataStoreErrorKind.Usage, $"{Unknown(command, word)}; 'datastorefs --help' lists them");
        }
    }
}
