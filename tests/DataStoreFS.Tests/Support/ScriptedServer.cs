using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DataStoreFS.Tests.Support;

/// <summary>
/// An HTTP/1.1 server on a loopback port that does exactly what a test says, down to the byte: for answers that no decent server gives. Every
/// request is recorded before it is answered.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<ScriptedRequest, ScriptedAnswer> _script;
    private readonly Task _accepting;
    private int _accepted;

    public ScriptedServer(Func<ScriptedRequest, ScriptedAnswer> script)
    {
        _script = script;
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    /// <summary>Without a trailing slash.</summary>
    public string Address { get; }

    public ConcurrentQueue<ScriptedRequest> Requests { get; } = new();

    public int Connections => Volatile.Read(ref _accepted);

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
                Socket socket = await _listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _accepted);
                _connections.Add(ServeAsync(socket));
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
            while (await ReadRequestAsync(stream) is { } request)
            {
                Requests.Enqueue(request);
                ScriptedAnswer answer = _script(request);
                await answer.WriteAsync(stream, _end.Token);
                if (answer.Closes)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The client hung up, as clients do, or the test is over.
            return;
        }
    }

    private async Task<ScriptedRequest?> ReadRequestAsync(NetworkStream stream)
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

        string[] lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines[1..])
        {
            int colon = line.IndexOf(':');
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        byte[] body = new byte[headers.TryGetValue("Content-Length", out string? length) ? int.Parse(length) : 0];
        await stream.ReadExactlyAsync(body, _end.Token);
        string[] start = lines[0].Split(' ');
        return new ScriptedRequest(start[0], start[1], lines[0].Length, headers, body);
    }
}

/// <param name="Method">GET, POST.</param>
/// <param name="Target">Path and query.</param>
/// <param name="LineLength">Bytes of the request line.</param>
/// <param name="Headers">By name, any case.</param>
/// <param name="Body">Empty for a GET.</param>
internal sealed record ScriptedRequest(string Method, string Target, int LineLength, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The blocks of a block address: everything after the version, in sixes.</summary>
    public IReadOnlyList<BlockAt> Blocks(int skip = 6)
    {
        int[] numbers = [.. Target.Split('/', StringSplitOptions.RemoveEmptyEntries).Skip(skip).Select(int.Parse)];
        return [.. numbers.Chunk(6).Select(n => new BlockAt(n[0], n[1], n[2], n[3], n[4], n[5]))];
    }
}

internal readonly record struct BlockAt(int X, int Y, int Z, int T, int C, int A);
