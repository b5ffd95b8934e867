using Spectre.Console;

namespace DataStoreFS.Cli;

/// <summary>
/// stdout for tables and trees: coloured and as wide as it is on a terminal; plain, and wide enough to break no line, in a pipe or file. Lines are
/// drawn in ASCII where the locale has nothing else.
/// </summary>
internal static class Screen
{
    private const int PipeWidth = 200;

    public static IAnsiConsole Console { get; } = Create();

    /// <summary>Whether the terminal may be sent more than text (https://no-color.org).</summary>
    public static bool IsPlain => Variable("NO_COLOR") is not null;

    /// <summary>Whether the locale's characters are UTF-8, as locale(7) finds it: the first of three variables that is set.</summary>
    public static bool IsUnicode =>
        (Variable("LC_ALL") ?? Variable("LC_CTYPE") ?? Variable("LANG"))?.Replace("-", "", StringComparison.Ordinal)
            .Contains("UTF8", StringComparison.OrdinalIgnoreCase) ?? false;

    private static IAnsiConsole Create()
    {
        bool piped = System.Console.IsOutputRedirected;
        bool plain = piped || IsPlain;
        if (!plain && IsUnicode)
        {
            return AnsiConsole.Console;
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(new PlainWriter(System.Console.Out, ascii: !IsUnicode)),
        });
        console.Profile.Width = piped ? PipeWidth : System.Console.WindowWidth;
        return console;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
