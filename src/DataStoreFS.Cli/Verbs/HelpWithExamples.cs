using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DataStoreFS.Cli.Verbs;

/// <summary>The usual help, then the examples of the verb it is asked about.</summary>
internal sealed class HelpWithExamples(HelpAction usual, IReadOnlyList<(string Command, string Does)> rootExamples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.MaxWidth = Console.IsOutputRedirected ? 120 : Math.Clamp(Console.WindowWidth, 60, 140);
        int result = usual.Invoke(parseResult);
        IReadOnlyList<(string Command, string Does)> examples = parseResult.CommandResult.Command is Verb verb ? verb.Examples : rootExamples;
        if (examples.Count > 0)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach ((string command, string does) in examples)
            {
                output.WriteLine($"  # {does}");
                output.WriteLine($"  {command}");
            }
        }

        return result;
    }
}
