using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DataStoreFS.Remote;

/// <summary>Makes a server's connections, and knows from them how far away it is: the quickest handshake so far.</summary>
/// <remarks>
/// The kernel's own measure (TCP_INFO): by the clock of this program, the first connection's handshake within one machine took several
/// milliseconds, in which its code was compiled.
/// </remarks>
internal sealed class RoundTrip
{
    // include/uapi/linux/tcp.h, struct tcp_info: microseconds. tcpi_min_rtt since Linux 4.6.
    private const int TcpInfo = 11;
    private const int InfoBytes = 152;
    private const int RttOffset = 68;
    private const int MinRttOffset = 148;

    // Nearer, a window that opens a round trip later costs nothing (measured at 0 and 2 ms).
    private static readonly TimeSpan s_far = TimeSpan.FromMilliseconds(4);

    private readonly LeastTime _handshake = new();

    /// <summary>Zero before the first connection.</summary>
    public TimeSpan Shortest => _handshake.Value;

    /// <summary>Opens a connection for <see cref="SocketsHttpHandler.ConnectCallback"/>, as the handler itself would.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            Measure(socket);
            LowWaterStream stream = new(socket, TimeProvider.System);
            if (Shortest >= s_far)
            {
                stream.OpenWindow();
            }

            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Measure(Socket socket)
    {
        Span<byte> info = stackalloc byte[InfoBytes];
        info.Clear();
        try
        {
            _ = socket.GetRawSocketOption((int)ProtocolType.Tcp, TcpInfo, info);
        }
        catch (SocketException)
        {
            return; // a system without it: the server counts as near, and the rest is learnt
        }

        uint shortest = MemoryMarshal.Read<uint>(info[MinRttOffset..]);
        _handshake.Note(TimeSpan.FromMicroseconds(shortest is > 0 and < uint.MaxValue ? shortest : MemoryMarshal.Read<uint>(info[RttOffset..])));
    }
}
