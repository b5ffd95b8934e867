using System.Net.Sockets;
using System.Text;
using DataStoreFS.Cli.Logging;

namespace DataStoreFS.Cli.Daemon;

/// <summary>
/// The sd_notify(3) protocol: one datagram of <c>NAME=value</c> lines to the socket that systemd names in <c>NOTIFY_SOCKET</c>. Outside systemd it
/// does nothing.
/// </summary>
internal static class ServiceNotifier
{
    public static void Ready(string status) => Send($"READY=1\nSTATUS={LineText.OneLine(status)}");

    public static void Stopping(string status) => Send($"STOPPING=1\nSTATUS={LineText.OneLine(status)}");

    /// <summary>Why this process will end. The manager keeps it for <c>systemctl status</c> until the service starts again.</summary>
    public static void Failed(string reason) => Send($"STATUS={LineText.OneLine(reason)}");

    /// <summary>
    /// A manager that does not listen any more is no reason for a mount to stop working, so a failure to send is only reported back.
    /// </summary>
    public static bool Send(string message)
    {
        string? address = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(address))
        {
            return false;
        }

        // "@name" is an abstract socket: its address begins with a NUL instead.
        string path = address[0] == '@' ? "\0" + address[1..] : address;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket.Send(Encoding.UTF8.GetBytes(message)) > 0;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return false;
        }
    }
}
