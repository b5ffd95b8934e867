using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;

namespace DataStoreFS.Cli.Verbs;

/// <summary>The usual help, then the examples of the verb it is asked about.</summary>
internal sealed class HelpWithExamples(HelpAction usual, IReadOnlyList<(string Command, string Does)> rootExamples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.MaxWidth = Console.IsOutputRedirected ? 120 : Math.Clamp(Console.WindowWidth, 60, 140);
        Command command = parseResult.CommandResult.Command;
        command.Hidden = false; // the usual help says nothing of a hidden verb, also when it is asked for by name
        TextWriter output = parseResult.InvocationConfiguration.Output;
        using StringWriter text = new(CultureInfo.InvariantCulture);
        parseResult.InvocationConfiguration.Output = text;
        int result = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        output.Write(WithBrackets(text.ToString(), command));
        IReadOnlyList<(string Command, string Does)> examples = command is Verb verb ? verb.Examples : rootExamples;
        if (examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach ((string line, string does) in examples)
            {
                output.WriteLine($"  # {does}");
                output.WriteLine($"  {line}");
            }
        }

        return result;
    }

    /// <summary>The usual list of verbs shows every argument as one that must be there. Brackets are as wide, so that its columns stay.</summary>
    private static string WithBrackets(string help, Command command)
    {
        foreach (Command verb in command.Subcommands)
        {
            string listed = $"\n  {verb.Name} {string.Join(' ', verb.Arguments.Select(a => $"<{a.HelpName ?? a.Name}>"))} ";
            string right = $"\n  {verb.Name} {string.Join(' ', verb.Arguments.Select(Label))} ";
            help = help.Replace(listed, right, StringComparison.Ordinal);
        }

        return help;
    }

    private static string Label(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : $"<{name}>";
    }
}
