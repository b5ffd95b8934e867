using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Logging;

/// <summary>Where lines go. Called from any thread; never throws, since there is nobody left to tell.</summary>
internal interface ILogSink : IDisposable
{
    /// <param name="level">For sinks that keep it apart from the text.</param>
    /// <param name="line">Without line breaks.</param>
    void Write(LogLevel level, string line);
}
