using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Logging;

/// <summary>Every line to the first, the serious ones also to the second. Owns both.</summary>
internal sealed class BothSinks(ILogSink first, ILogSink second, LogLevel secondFrom) : ILogSink
{
    public void Write(LogLevel level, string line)
    {
        first.Write(level, line);
        if (level >= secondFrom)
        {
            second.Write(level, line);
        }
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
