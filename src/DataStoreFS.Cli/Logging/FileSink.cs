using System.Text;
using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Logging;

/// <summary>Lines appended to a file.</summary>
internal sealed class FileSink : ILogSink
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;

    /// <exception cref="DataStoreException">The file cannot be opened.</exception>
    public FileSink(string path)
    {
        try
        {
            _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, $"cannot open the log file {path}: {e.Message}", e);
        }
    }

    public void Write(LogLevel level, string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(LineText.Dated(level, line) + "\n");
        lock (_gate)
        {
            try
            {
                _file.Write(bytes);
            }
            catch (IOException)
            {
                // A full disk: the mount matters more than its log, and the next line may get through.
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
