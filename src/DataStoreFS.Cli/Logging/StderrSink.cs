using System.Text;
using DataStoreFS.Cli.Interop;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Logging;

/// <summary>Lines to stderr: with a time for people, with the level as journald's prefix when stderr is connected to the journal.</summary>
internal sealed class StderrSink : ILogSink
{
    private readonly bool _journal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    // One write(2) a line: lines of several threads do not mix, and no lock is needed.
    public void Write(LogLevel level, string line) =>
        LibC.Write(2, Encoding.UTF8.GetBytes(_journal ? $"<{LineText.Severity(level)}>{line}\n" : LineText.Dated(level, line) + "\n"));

    public void Dispose()
    {
    }
}
