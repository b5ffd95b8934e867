using System.Globalization;
using System.Text;
using System.Threading.Channels;
using LinuxFuse.Protocol;

namespace LinuxFuse.Tracing;

/// <summary>
/// Writes the protocol trace. Lines are queued, so that a slow disk does not hold up a reader; the format is in the folder's README.
/// </summary>
internal sealed class TraceWriter : IAsyncDisposable
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly StreamWriter _file;
    private readonly Task _writing;

    /// <exception cref="FuseException">The file cannot be written.</exception>
    public TraceWriter(string path)
    {
        try
        {
            _file = new StreamWriter(path, append: true, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new FuseException($"trace file {path} cannot be written: {exception.Message}", exception);
        }

        _writing = Task.Run(WriteAsync);
    }

    public void Received(in InHeader header, ReadOnlySpan<byte> body) =>
        Add(string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:HH:mm:ss.ffffff} rx {header.Unique} {(FuseOpcode)header.Opcode} "
                + $"n{header.Node}{TraceArguments.Describe(header, body)} pid={header.Pid}"));

    public void Replied(ulong unique, FuseOpcode? opcode, Errno error, int bytes) =>
        Add(string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:HH:mm:ss.ffffff} tx {unique} {opcode?.ToString() ?? "-"} -> {error} {bytes}"));

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private void Add(string line) => _lines.Writer.TryWrite(line);

    private async Task WriteAsync()
    {
        await using (_file.ConfigureAwait(false))
        {
            try
            {
                while (await _lines.Reader.WaitToReadAsync().ConfigureAwait(false))
                {
                    while (_lines.Reader.TryRead(out string? line))
                        await _file.WriteLineAsync(line).ConfigureAwait(false);
                    await _file.FlushAsync().ConfigureAwait(false);
                }
            }
            catch (IOException)
            {
                // A full disk ends the trace, not the mount. Completing makes further lines go nowhere instead of into memory.
                _lines.Writer.TryComplete();
            }
        }
    }
}
