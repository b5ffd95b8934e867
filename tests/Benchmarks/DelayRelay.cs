using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mono.Unix.Native;

namespace Benchmarks;

/// <summary>
/// <c>relay TARGET RTT</c>: forwards TCP connections of this machine to TARGET and delays every byte by half of RTT milliseconds each way, and a new
/// connection by a whole one, so that distance can be measured without namespaces, privileges or a kernel that has netem. It does not imitate
/// congestion control: a connection carries as much as the machine can copy from its first byte on. Copying takes processor time, the same for
/// everything that is measured through it.
/// </summary>
internal sealed class DelayRelay(IPEndPoint target, TimeSpan roundTrip)
{
    // At 1 GB/s, 10 ms each way are 10 MB under way.
    private const long MostUnderWay = 32L << 20;
    private const int ChunkBytes = 256 << 10;

    public static int Run(string target, string roundTrip)
    {
        DelayRelay relay = new(IPEndPoint.Parse(target), TimeSpan.FromMilliseconds(double.Parse(roundTrip, CultureInfo.InvariantCulture)));
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        Console.WriteLine(listener.LocalEndPoint);
        while (true)
        {
            relay.Start(listener.Accept());
        }
    }

    private void Start(Socket client)
    {
        Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Connect(target);
        client.NoDelay = server.NoDelay = true;
        long opened = Stopwatch.GetTimestamp() + (long)(roundTrip.TotalSeconds * Stopwatch.Frequency);
        _ = new Direction(client, server, roundTrip / 2, opened);
        _ = new Direction(server, client, roundTrip / 2, opened);
    }

    /// <summary>One way of one connection: a thread that receives and one that sends when it is time.</summary>
    private sealed class Direction
    {
        private readonly Socket _from;
        private readonly Socket _to;
        private readonly long _delay;
        private readonly long _opened;
        private readonly Queue<(byte[] Bytes, int Length, long Due)> _underWay = new();
        private readonly Stack<byte[]> _spare = new();
        private long _bytes;

        public Direction(Socket from, Socket to, TimeSpan delay, long opened)
        {
            (_from, _to, _opened) = (from, to, opened);
            _delay = (long)(delay.TotalSeconds * Stopwatch.Frequency);
            new Thread(Receive) { IsBackground = true }.Start();
            new Thread(Send) { IsBackground = true }.Start();
        }

        private void Receive()
        {
            int length;
            do
            {
                byte[] bytes = Spare();
                try
                {
                    length = _from.Receive(bytes);
                }
                catch (SocketException)
                {
                    length = 0; // a reset ends the other side, too
                }

                long due = Math.Max(Stopwatch.GetTimestamp(), _opened) + _delay;
                lock (_underWay)
                {
                    while (_bytes > MostUnderWay)
                    {
                        Monitor.Wait(_underWay);
                    }

                    _underWay.Enqueue((bytes, length, due));
                    _bytes += length;
                    Monitor.PulseAll(_underWay);
                }
            }
            while (length > 0);
        }

        private void Send()
        {
            try
            {
                while (true)
                {
                    (byte[] bytes, int length, long due) = Next();
                    SleepUntil(due);
                    if (length == 0)
                    {
                        _to.Shutdown(SocketShutdown.Send);
                        return;
                    }

                    _to.Send(bytes, 0, length, SocketFlags.None);
                    lock (_underWay)
                    {
                        _bytes -= length;
                        _spare.Push(bytes);
                        Monitor.PulseAll(_underWay);
                    }
                }
            }
            catch (SocketException)
            {
                _from.Dispose(); // nobody takes it any more: end the receiver
            }
        }

        private (byte[] Bytes, int Length, long Due) Next()
        {
            lock (_underWay)
            {
                while (_underWay.Count == 0)
                {
                    Monitor.Wait(_underWay);
                }

                return _underWay.Dequeue();
            }
        }

        private byte[] Spare()
        {
            lock (_underWay)
            {
                return _spare.TryPop(out byte[]? bytes) ? bytes : new byte[ChunkBytes];
            }
        }

        // .NET's own sleeps count in milliseconds; this is good to about 0.06 ms.
        private static void SleepUntil(long due)
        {
            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (left > TimeSpan.Zero)
            {
                Timespec time = new() { tv_sec = (long)left.TotalSeconds, tv_nsec = left.Ticks % TimeSpan.TicksPerSecond * 100 };
                Timespec rest = default;
                _ = Syscall.nanosleep(ref time, ref rest);
            }
        }
    }
}
