using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DataStoreFS.Remote;

/// <summary>A connection that wakes its reader once for a large piece of a body, not for each segment of it.</summary>
/// <remarks>
/// The kernel calls a socket readable when a byte has come, and a block of 512 KiB woke a thread to look for it and one to read it eight times. A
/// socket's low-water mark (SO_RCVLOWAT, socket(7)) says how many bytes are worth it; the receive window grows with it (<c>tcp_set_rcvlowat</c> in
/// net/ipv4/tcp.c), so that a sender far away is not held up meanwhile. The end of a connection, an error and a window that is nearly full always
/// wake. A mark above what is still to come would wait for ever. So only reads with more than <see cref="SmallRead"/> set one:
/// <see cref="SocketsHttpHandler"/> asks for that much only of a body, straight into its caller's buffer and never for more than is left of the body
/// or of its chunk; what it reads for itself (headers, chunk sizes, records of TLS) goes to smaller buffers. A body without a length ends with its
/// connection. Read only asynchronously, by one reader at a time, and not copied with larger buffers than <see cref="Stream.CopyToAsync(Stream)"/>
/// takes by itself.
/// </remarks>
/// <param name="socket">Connected; the stream's from now on.</param>
/// <param name="time">Tells how long a piece takes.</param>
internal sealed class LowWaterStream(Socket socket, TimeProvider time) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>
    /// Bytes that a read may ask for and still be woken by the first. Copying a body with the default buffer reads it through one of 128 KiB
    /// (81,920 bytes, as the pool has them); headers may be 64 KiB long.
    /// </summary>
    public const int SmallRead = 128 << 10;

    // include/uapi/asm-generic/socket.h
    private const int SocketLevel = 1;
    private const int ReceiveLowWater = 18;

    // From one look at a connection to the next, at most. On a slow line progress must be seen about as often as timeouts want to see some, so it
    // begins with less. A mark that stands still at 64 KiB gave one reader over 20 ms 283 MB/s, one of whole blocks 317 (7 runs each, in turn).
    private const int Most = 512 << 10;
    private const int First = 128 << 10;
    private const int Growth = 4;

    // What a connection gets to within its first 150 ms at 20 ms.
    private const int Window = 1 << 20;
    private static readonly TimeSpan s_slow = TimeSpan.FromMilliseconds(250);

    private int _set = 1;
    private int _mark = First;
    private long _begun;
    private bool _isWithinBody;
    private bool _isWithoutMarks;

    /// <summary>
    /// Lets the sender begin with as much as it can over a distance. Its window begins with 64 KiB and grows by what is read here, one round trip
    /// later each time: of the 150 ms that a server 20 ms away sent the first two blocks in, it had no window for up to 70. The mark makes room for
    /// itself, which stays; a size of the receive buffer (SO_RCVBUF) would end the kernel's own measuring.
    /// </summary>
    public void OpenWindow()
    {
        Set(Window);
        Set(1);
    }

    /// <summary>Bytes that the next large read waits for.</summary>
    public int Mark => _mark;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        bool isLarge = buffer.Length > SmallRead;
        if (isLarge)
        {
            Adapt();
        }

        _isWithinBody = isLarge;
        Set(isLarge ? Math.Min(buffer.Length, _mark) : 1);
        return base.ReadAsync(buffer, cancellationToken);
    }

    private void Adapt()
    {
        long now = time.GetTimestamp();
        if (_isWithinBody)
        {
            _mark = time.GetElapsedTime(_begun, now) < s_slow ? Math.Min(_mark * Growth, Most) : Math.Max(_mark / Growth, ProgressTimeout.Step);
        }

        _begun = now;
    }

    private void Set(int bytes)
    {
        if (bytes == _set || _isWithoutMarks)
        {
            return;
        }

        try
        {
            Socket.SetRawSocketOption(SocketLevel, ReceiveLowWater, MemoryMarshal.AsBytes([bytes]));
        }
        catch (SocketException) when (_set == 1)
        {
            // A system without it: every segment wakes the reader, as ever.
            _isWithoutMarks = true;
            return;
        }
        catch (SocketException e)
        {
            // With the mark of before, the reader might not be woken.
            throw new IOException($"the connection's low-water mark cannot be set to {bytes}: {e.Message}", e);
        }

        _set = bytes;
    }
}
