using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataStoreFS.Tests.Support;

/// <summary>What a <see cref="CuttingServer"/> says to <c>Expect: 100-continue</c> when it would take the body.</summary>
internal enum Announcing
{
    /// <summary>100, as it should.</summary>
    Answered,

    /// <summary>Nothing, as the original.</summary>
    Ignored,

    /// <summary>417.</summary>
    Refused,
}

/// <summary>
/// An HTTP/1.1 server on a loopback port that refuses long bodies as the original does: 413 as soon as it has read the head, and then it closes,
/// whatever is still coming. What it takes is counted and thrown away.
/// </summary>
internal sealed class CuttingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Announcing _announcing;
    private readonly Task _accepting;

    public CuttingServer(long limit, Announcing announcing = Announcing.Answered)
    {
        Limit = limit;
        _announcing = announcing;
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    /// <summary>Without a trailing slash.</summary>
    public string Address { get; }

    /// <summary>Bytes of the longest body that is taken.</summary>
    public long Limit { get; set; }

    /// <summary>Length of the body, whether it was announced, and what was answered.</summary>
    public ConcurrentQueue<(long Length, bool Announced, int Status)> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested)
        {
            return;
        }

        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            Assert.True(_end.IsCancellationRequested, e.Message);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using NetworkStream stream = new(socket, ownsSocket: true);
        try
        {
            while (await ReadHeadAsync(stream) is { } head && await AnswerAsync(stream, head))
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            return; // the client hung up, or the test is over
        }
    }

    /// <returns>Whether the connection goes on.</returns>
    private async Task<bool> AnswerAsync(NetworkStream stream, string[] head)
    {
        long length = long.Parse(
            head.Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))[15..], CultureInfo.InvariantCulture);
        bool announced = head.Contains("Expect: 100-continue", StringComparer.OrdinalIgnoreCase);
        int status = length > Limit ? 413 : announced && _announcing == Announcing.Refused ? 417 : 200;
        Requests.Enqueue((length, announced, status));
        if (status == 200)
        {
            if (announced && _announcing == Announcing.Answered)
            {
                await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _end.Token);
            }

            await stream.ReadExactlyAsync(new byte[length], _end.Token);
        }

        await stream.WriteAsync(
            Encoding.Latin1.GetBytes($"HTTP/1.1 {status} Cutting\r\nContent-Length: 0\r\n{(status == 200 ? "" : "Connection: close\r\n")}\r\n"),
            _end.Token);
        return status == 200;
    }

    private async Task<string[]?> ReadHeadAsync(NetworkStream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (head.Count < 4 || !(head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n'))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        return Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
