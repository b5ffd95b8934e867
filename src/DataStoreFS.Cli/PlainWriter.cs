using System.Text;

namespace DataStoreFS.Cli;

/// <summary>Drops the blanks at the ends of lines, with which tables fill their cells, and draws lines in ASCII if need be.</summary>
/// <remarks>Not thread-safe. Does not own what it writes to.</remarks>
internal sealed class PlainWriter(TextWriter output, bool ascii) : TextWriter
{
    private int _blanks;

    public override Encoding Encoding => output.Encoding;

    public override void Write(char value)
    {
        if (value == ' ')
        {
            _blanks++;
            return;
        }

        if (value is not ('\n' or '\r'))
        {
            output.Write(new string(' ', _blanks));
        }

        _blanks = 0;
        output.Write(ascii ? Ascii(value) : value);
    }

    public override void Flush() => output.Flush();

    // Box drawing, U+2500 to U+257F; what a dataset's own names contain is not touched.
    private static char Ascii(char value) => value switch
    {
        '─' or '━' or '═' => '-',
        '│' or '┃' or '║' => '|',
        >= '\u2500' and <= '\u257f' => '+',
        '…' => '~',
        _ => value,
    };
}
