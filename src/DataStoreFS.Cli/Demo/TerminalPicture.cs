using System.Globalization;
using System.Text;

namespace DataStoreFS.Cli.Demo;

/// <summary>
/// A picture in a terminal: each character cell shows two pixels, its upper half in the text colour and its lower half in the background's.
/// </summary>
internal static class TerminalPicture
{
    /// <summary>Whether stdout is a terminal that says it has 24-bit colours.</summary>
    public static bool IsPossible => !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("COLORTERM") is ("truecolor" or "24bit");

    public static string Render(Picture picture, int columns)
    {
        int width = Math.Min(columns, 100);
        int height = picture.Height * width / picture.Width / 2 * 2;
        Picture small = picture.Resize(width, height);
        var text = new StringBuilder();
        for (int y = 0; y < height; y += 2)
        {
            ReadOnlySpan<byte> upper = small.Row(y), lower = small.Row(y + 1);
            for (int x = 0; x < width * 3; x += 3)
            {
                text.Append(CultureInfo.InvariantCulture, $"\e[38;2;{upper[x]};{upper[x + 1]};{upper[x + 2]}m");
                text.Append(CultureInfo.InvariantCulture, $"\e[48;2;{lower[x]};{lower[x + 1]};{lower[x + 2]}m▀");
            }

            text.Append("\e[0m\n");
        }

        return text.ToString();
    }
}
