using System.Net;
using System.Net.Sockets;

namespace DataStoreFS.Remote;

/// <summary>Makes a server's connections, and knows from them how far away it is: the quickest handshake so far.</summary>
internal sealed class RoundTrip(TimeProvider time)
{
    private long _ticks = long.MaxValue;

    /// <summary>Zero before the first connection.</summary>
    public TimeSpan Shortest
    {
        get
        {
            long ticks = Interlocked.Read(ref _ticks);
            return ticks == long.MaxValue ? TimeSpan.Zero : new TimeSpan(ticks);
        }
    }

    /// <summary>Opens a connection for <see cref="SocketsHttpHandler.ConnectCallback"/>, as the handler itself would.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // Looking a name up may take as long as anything, and says nothing of the distance.
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            long begun = time.GetTimestamp();
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            Note(time.GetElapsedTime(begun));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Note(TimeSpan handshake)
    {
        long seen = Interlocked.Read(ref _ticks);
        while (handshake.Ticks < seen)
        {
            long was = Interlocked.CompareExchange(ref _ticks, handshake.Ticks, seen);
            if (was == seen)
            {
                return;
            }

            seen = was;
        }
    }
}
