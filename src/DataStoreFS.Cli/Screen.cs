using Spectre.Console;

namespace DataStoreFS.Cli;

/// <summary>
/// stdout for tables and trees: coloured and as wide as it is on a terminal; plain, and wide enough to break no line, in a pipe or file.
/// </summary>
internal static class Screen
{
    private const int PipeWidth = 200;

    public static IAnsiConsole Console { get; } = Create();

    private static IAnsiConsole Create()
    {
        if (!System.Console.IsOutputRedirected)
        {
            return AnsiConsole.Console;
        }

        IAnsiConsole plain = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(System.Console.Out),
        });
        plain.Profile.Width = PipeWidth;
        return plain;
    }
}
