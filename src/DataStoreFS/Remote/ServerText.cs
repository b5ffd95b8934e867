using System.Text;

namespace DataStoreFS.Remote;

/// <summary>What a server says about a fault, made fit for one line of a log: bounded, printable, without secrets or markup.</summary>
internal static class ServerText
{
    private const int MaxBytes = 4 << 10;
    private const int MaxChars = 200;

    /// <summary>The first line of an error answer; empty when it says nothing. Never more than 4 KiB are read, whatever the headers claim.</summary>
    public static async ValueTask<string> ReadAsync(HttpResponseMessage response, AccessToken? token, CancellationToken cancellationToken)
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            byte[] bytes = new byte[MaxBytes];
            int length = await body.ReadAtLeastAsync(bytes, MaxBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            string text = Encoding.UTF8.GetString(bytes, 0, length);
            return FirstLine(token is null ? text : token.Redact(text));
        }
    }

    /// <summary>The first line with something on it; of HTML, the words.</summary>
    public static string FirstLine(string text)
    {
        string words = text.TrimStart().StartsWith('<') ? WithoutTags(text) : text;
        StringBuilder line = new();
        foreach (char c in words)
        {
            if (c is '\n' or '\r' && line.Length > 0)
            {
                break;
            }

            bool space = char.IsWhiteSpace(c) || char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format;
            if (!space)
            {
                line.Append(c);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }

            if (line.Length == MaxChars)
            {
                return line.Append('…').ToString();
            }
        }

        return line.ToString().TrimEnd();
    }

    // The generic error page of the original server is HTML; its title and first heading are what matters. Line ends are its layout, not its text.
    private static string WithoutTags(string html)
    {
        StringBuilder text = new();
        bool inside = false;
        foreach (char c in html)
        {
            if (c == '<')
            {
                inside = true;
                text.Append(' ');
            }
            else if (c == '>')
            {
                inside = false;
            }
            else if (!inside)
            {
                text.Append(c is '\n' or '\r' ? ' ' : c);
            }
        }

        return text.ToString();
    }
}
