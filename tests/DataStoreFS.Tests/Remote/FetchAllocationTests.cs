using System.Net;
using System.Net.Sockets;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

/// <summary>Alone in the process, because allocations of all threads are counted: a fetch is served by whichever pool thread is free.</summary>
[CollectionDefinition(nameof(FetchAllocationTests), DisableParallelization = true)]
[Collection(nameof(FetchAllocationTests))]
public sealed class FetchAllocationTests
{
    private const int Batch = 8;
    private const int Requests = 200;
    private const int MostBytesABlock = 2 << 10;

    private static readonly Size3 s_size = new(64, 64, 8);
    private static readonly ImageAddress s_image = new("u-1", new Size3(1, 1, 1), "0", 0, 0, 0);

    [Fact]
    public async Task AFetchedBlockCostsLessThanTwoKilobytesOfGarbageWhateverItsSize()
    {
        using NativeBlockPool pool = new();
        using RepeatingServer server = new(Batch);
        await using DataStoreClient client = new(server.Address, pool);
        BlockRequest[] blocks = [.. Enumerable.Range(0, Batch).Select(i => new BlockRequest(i, 0, 0, s_size, s_size, 1))];
        Sink sink = new();
        await FetchAsync();

        long before = GC.GetTotalAllocatedBytes(precise: true);
        await FetchAsync();
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        Assert.Equal(2 * Requests * Batch, sink.Delivered);
        Assert.InRange(allocated / (Requests * Batch), 0, MostBytesABlock);
        Assert.Equal(0, pool.Rented);

        async Task FetchAsync()
        {
            for (int i = 0; i < Requests; i++)
            {
                await client.ReadBlocksAsync(s_image, blocks, sink, CancellationToken.None);
            }
        }
    }

    private sealed class Sink : IBlockSink
    {
        public int Delivered { get; private set; }

        public void Deliver(int index, BlockBuffer? block, Size3 storedSize)
        {
            Delivered++;
            block!.Release();
        }
    }

    /// <summary>Answers every request of one connection with the same bytes, from a thread of its own that allocates nothing.</summary>
    private sealed class RepeatingServer : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly byte[] _answer;
        private readonly Thread _thread;

        public RepeatingServer(int blocks)
        {
            byte[] frames = [.. Enumerable.Range(0, blocks).SelectMany(i => Frames.Block(s_size, Frames.Voxels(s_size, i)))];
            _answer =
            [
                .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {frames.Length}\r\n\r\n"),
                .. frames,
            ];
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            _thread = new Thread(Serve) { IsBackground = true };
            _thread.Start();
        }

        public string Address => $"http://{_listener.LocalEndPoint}";

        public void Dispose()
        {
            _listener.Dispose();
            _thread.Join();
        }

        // Until the client closes its connection; requests have no body.
        private void Serve()
        {
            byte[] request = new byte[8192];
            using Socket connection = _listener.Accept();
            int got = 0;
            for (int more = 1; more > 0; got += more)
            {
                more = connection.Receive(request, got, request.Length - got, SocketFlags.None);
                if (request.AsSpan(0, got + more).EndsWith("\r\n\r\n"u8))
                {
                    connection.Send(_answer);
                    got = -more;
                }
            }
        }
    }
}
