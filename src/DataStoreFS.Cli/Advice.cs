using System.Globalization;
using System.Text.RegularExpressions;
using DataStoreFS.Model;

namespace DataStoreFS.Cli;

/// <summary>What to do about a fault, where its message does not say it already.</summary>
internal static partial class Advice
{
    /// <summary>The message with the next step, in one line.</summary>
    public static string Complete(DataStoreException fault)
    {
        string? next = OfStatus(fault.Message) ?? fault.Kind switch
        {
            DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout => "is the server running, and are host and port right?",
            DataStoreErrorKind.Unauthorized => $"give the right token with --token-file FILE or in {Options.Tokens.Variable}",
            DataStoreErrorKind.NotFound => "is the address right?",
            DataStoreErrorKind.Protocol => "is this the address of a DataStore server?",
            _ => null,
        };

        // A message with a semicolon has its next step.
        return next is null || fault.Message.Contains(';', StringComparison.Ordinal) ? fault.Message : $"{fault.Message}; {next}";
    }

    // A server that has answered is running. The status is in the message alone: from a background process nothing else comes.
    private static string? OfStatus(string message) =>
        Answered().Match(message) is { Success: true } match
            ? int.Parse(match.Groups["status"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) switch
            {
                408 or 429 => "the server has too much to do; try again later",
                502 or 504 => "this is a gateway, and the server behind it does not answer; is that running?",
                503 => "the server is not ready for requests; try again later",
                >= 500 => "the server's own log may say why",
                _ => null,
            }
            : null;

    [GeneratedRegex(@" answered (?<status>[1-5][0-9]{2})(:|$)", RegexOptions.ExplicitCapture)]
    private static partial Regex Answered();
}
