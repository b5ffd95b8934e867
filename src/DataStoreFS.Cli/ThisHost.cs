using System.Net;
using System.Net.Sockets;

namespace DataStoreFS.Cli;

/// <summary>What this machine is called by others.</summary>
internal static class ThisHost
{
    /// <summary>Scheme, host and port; a host that stands for every address of this machine is replaced by one that others can use.</summary>
    public static string Reachable(Uri url) =>
        url.Host is "0.0.0.0" or "[::]"
            ? new UriBuilder(url) { Host = Address() }.Uri.GetLeftPart(UriPartial.Authority)
            : url.GetLeftPart(UriPartial.Authority);

    // An address rather than the name, which others need not be able to resolve. Connecting a datagram socket sends nothing, but the kernel chooses
    // the address that it would send from; 192.0.2.1 is nobody's (RFC 5737), so it goes by the default route.
    private static string Address()
    {
        try
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(IPAddress.Parse("192.0.2.1"), 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        }
        catch (SocketException)
        {
            return Environment.MachineName; // no route: a machine by itself
        }
    }
}
