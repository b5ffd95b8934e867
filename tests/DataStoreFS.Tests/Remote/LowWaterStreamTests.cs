using System.Net;
using System.Net.Sockets;
using DataStoreFS.Remote;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Remote;

public sealed class LowWaterStreamTests : IAsyncLifetime
{
    private const int Block = 512 << 10;
    private const int Piece = 8 << 10;
    private const int FirstMark = 128 << 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly byte[] _buffer = new byte[Block];
    private Socket _sender = null!;
    private Socket _receiver = null!;
    private LowWaterStream _stream = null!;

    public async Task InitializeAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _sender.ConnectAsync(listener.LocalEndPoint!);
        _receiver = await listener.AcceptAsync();
        _stream = new LowWaterStream(_receiver, _time);
    }

    public async Task DisposeAsync()
    {
        _sender.Dispose();
        await _stream.DisposeAsync();
    }

    [Fact]
    public async Task ABodyThatComesInPiecesWakesItsReaderOnceForMany()
    {
        int got = 0, reads = 0;
        Task<int> read = _stream.ReadAsync(_buffer).AsTask();
        for (int sent = Piece; sent <= Block; sent += Piece)
        {
            Assert.Equal(Piece, await _sender.SendAsync(new byte[Piece]));

            // The kernel may wake it sooner, when it is short of room.
            await UntilAsync(() => read.IsCompleted || _receiver.Available >= sent - got);
            while (got < Block && (read.IsCompleted || sent == Block))
            {
                got += await read.WaitAsync(s_patience);
                reads++;
                read = _stream.ReadAsync(_buffer.AsMemory(got)).AsTask();
            }
        }

        // Two where nothing comes between; one for each few of the 64 pieces without marks.
        Assert.Equal(Block, got);
        Assert.InRange(reads, 2, 5);
    }

    [Fact]
    public async Task AReadOfAHeaderIsWokenByItsFirstByteAfterABodyToo()
    {
        await ReadLargeAsync(FirstMark);

        ValueTask<int> header = _stream.ReadAsync(_buffer.AsMemory(0, 4096));
        await _sender.SendAsync(new byte[1]);

        Assert.Equal(1, await header.AsTask().WaitAsync(s_patience));
    }

    [Fact]
    public async Task WhatComesBeforeTheEndOfAConnectionIsReadThoughItIsLessThanTheMark()
    {
        ValueTask<int> read = _stream.ReadAsync(_buffer);
        await _sender.SendAsync(new byte[Piece]);
        await UntilAsync(() => _receiver.Available == Piece);
        Assert.False(read.IsCompleted);
        _sender.Shutdown(SocketShutdown.Send);

        Assert.Equal(Piece, await read.AsTask().WaitAsync(s_patience));
        Assert.Equal(0, await _stream.ReadAsync(_buffer).AsTask().WaitAsync(s_patience));
    }

    [Fact]
    public async Task AConnectionThatIsResetEndsALargeRead()
    {
        ValueTask<int> read = _stream.ReadAsync(_buffer);
        _sender.LingerState = new LingerOption(true, 0);
        _sender.Close();

        await Assert.ThrowsAsync<IOException>(() => read.AsTask().WaitAsync(s_patience));
    }

    [Fact]
    public async Task ALargeReadEndsWhenItIsCancelled()
    {
        using CancellationTokenSource cancellation = new();
        ValueTask<int> read = _stream.ReadAsync(_buffer, cancellation.Token);
        await _sender.SendAsync(new byte[Piece]);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.AsTask().WaitAsync(s_patience));
    }

    [Fact]
    public async Task OnASlowLineProgressIsSeenAsOftenAsTimeoutsWantIt()
    {
        Assert.Equal(FirstMark, _stream.Mark);
        await ReadLargeAsync(FirstMark);
        await ReadLargeAsync(Block);
        Assert.Equal(Block, _stream.Mark);

        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await ReadLargeAsync(Block);
        }

        Assert.Equal(ProgressTimeout.Step, _stream.Mark);
    }

    [Fact]
    public async Task TimeBetweenTwoBodiesIsNoSlowLine()
    {
        await ReadLargeAsync(FirstMark);
        await ReadLargeAsync(Block);
        await _sender.SendAsync(new byte[1]);
        Assert.Equal(1, await _stream.ReadAsync(_buffer.AsMemory(0, 4096)));

        _time.Advance(TimeSpan.FromMinutes(1));
        await ReadLargeAsync(Block);

        Assert.Equal(Block, _stream.Mark);
    }

    [Fact]
    public async Task AnOpenedWindowTakesAMegabyteThatNobodyReads()
    {
        const int Window = 1 << 20;
        _sender.SendBufferSize = Piece;
        _stream.OpenWindow();

        for (int sent = 0; sent < Window; sent += Piece)
        {
            await _sender.SendAsync(new byte[Piece]).WaitAsync(s_patience);
        }

        // A header is heard by its first byte all the same.
        Assert.Equal(1, await _stream.ReadAsync(_buffer.AsMemory(0, 1)));
    }

    private async Task ReadLargeAsync(int bytes)
    {
        ValueTask<int> read = _stream.ReadAsync(_buffer);
        for (int sent = 0; sent < bytes;)
        {
            sent += await _sender.SendAsync(new byte[bytes - sent]);
        }

        // Whatever has come with what the mark is for belongs to the same piece.
        for (int got = await read.AsTask().WaitAsync(s_patience); got < bytes;)
        {
            got += _receiver.Receive(_buffer);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource patience = new(s_patience);
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
