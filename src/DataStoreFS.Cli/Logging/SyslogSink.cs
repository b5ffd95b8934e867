using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Cli.Logging;

/// <summary>Lines to <c>/dev/log</c>, where journald or a syslog daemon listens: the log of a mount in the background.</summary>
internal sealed class SyslogSink(string address = "/dev/log") : ILogSink
{
    private const int DaemonFacility = 3 << 3; // LOG_DAEMON

    private readonly Lock _gate = new();
    private Socket? _socket;

    public void Write(LogLevel level, string line)
    {
        byte[] datagram = Encoding.UTF8.GetBytes($"<{DaemonFacility | LineText.Severity(level)}>datastorefs[{Environment.ProcessId}]: {line}");
        lock (_gate)
        {
            // A logging daemon that was restarted has a new socket at the old name: connect once more.
            if (!TrySend(datagram))
            {
                _socket?.Dispose();
                _socket = null;
                TrySend(datagram);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _socket?.Dispose();
            _socket = null;
        }
    }

    private bool TrySend(byte[] datagram)
    {
        try
        {
            if (_socket is null)
            {
                // Never wait for a log daemon that is itself stuck, perhaps on a file of this mount.
                _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
                _socket.Connect(new UnixDomainSocketEndPoint(address));
            }

            return _socket.Send(datagram) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
