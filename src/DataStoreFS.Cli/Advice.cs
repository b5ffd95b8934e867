using DataStoreFS.Model;

namespace DataStoreFS.Cli;

/// <summary>What to do about a fault, where its message does not say it already.</summary>
internal static class Advice
{
    /// <summary>The message with the next step, in one line.</summary>
    public static string Complete(DataStoreException fault)
    {
        string? next = fault.Kind switch
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
}
