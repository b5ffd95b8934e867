using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Logging;

/// <summary>One event, one line: what servers and file names contain cannot forge a second one.</summary>
internal static class LineText
{
    /// <summary>Control characters become <c>\n</c>, <c>\t</c> or <c>\xNN</c>.</summary>
    public static string OneLine(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\x1f') && !text.Contains('\x7f', StringComparison.Ordinal))
        {
            return text;
        }

        var line = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                '\t' => line.Append("\\t"),
                < ' ' or '\x7f' => line.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => line.Append(c),
            };
        }

        return line.ToString();
    }

    /// <summary>The message, and what an exception adds to it: its chain of messages, or all of it for whoever debugs.</summary>
    public static string Describe(string message, Exception? exception, bool withStack)
    {
        if (exception is null)
        {
            return OneLine(message);
        }

        return OneLine(withStack ? $"{message}: {exception}" : $"{message}: {exception.Message}");
    }

    /// <summary><c>2026-11-22T10:17:21.123Z warning text</c>.</summary>
    public static string Dated(LogLevel level, string line) =>
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {Word(level)} {line}");

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    /// <summary>syslog(3) severities, which journald also reads as a line's <c>&lt;N&gt;</c> prefix.</summary>
    public static int Severity(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };
}
