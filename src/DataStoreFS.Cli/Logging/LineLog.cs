using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Logging;

/// <summary>
/// A logger factory of one page. The framework's own builds a service container first, which costs more time than a mount has to become readable.
/// </summary>
/// <remarks>Owns its sink.</remarks>
internal sealed class LineLog(LogLevel minimum, ILogSink sink) : ILoggerFactory
{
    private LogLevel Minimum { get; } = minimum;
    private ILogSink Sink { get; } = sink;

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("lines go to one sink");

    public void Dispose() => Sink.Dispose();

    private sealed class Logger(LineLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Minimum && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Sink.Write(logLevel, LineText.Describe(formatter(state, exception), exception, withStack: log.Minimum <= LogLevel.Debug));
            }
        }
    }
}
