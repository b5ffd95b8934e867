using System.Net.Sockets;
using System.Text;

namespace DataStoreFS.Tests.Support;

/// <summary>One answer of a <see cref="ScriptedServer"/>.</summary>
internal sealed class ScriptedAnswer(int status)
{
    private readonly StringBuilder _headers = new();
    private byte[] _body = [];
    private long? _claimedLength;
    private int _chunk;
    private bool _cutChunks;
    private Task _before = Task.CompletedTask;
    private Task _middle = Task.CompletedTask;
    private int _middleAt;

    public bool Closes { get; private set; }

    public static ScriptedAnswer Ok(params byte[][] parts) => new ScriptedAnswer(200).Body([.. parts.SelectMany(p => p)]);

    public static ScriptedAnswer Text(int status, string text) => new ScriptedAnswer(status).Body(Encoding.UTF8.GetBytes(text));

    public static ScriptedAnswer Redirect(string location) => new ScriptedAnswer(307).Header("Location", location);

    public ScriptedAnswer Body(byte[] body)
    {
        _body = body;
        return this;
    }

    public ScriptedAnswer Header(string name, string value)
    {
        _headers.Append($"{name}: {value}\r\n");
        return this;
    }

    /// <summary>The header says another length than the body has; the connection is closed after it.</summary>
    public ScriptedAnswer Claiming(long length)
    {
        _claimedLength = length;
        return Closing();
    }

    public ScriptedAnswer Closing()
    {
        Closes = true;
        return this;
    }

    /// <summary>As chunks of this size, each in a packet of its own.</summary>
    public ScriptedAnswer Chunked(int size, bool cut = false)
    {
        _chunk = size;
        _cutChunks = cut;
        return cut ? Closing() : this;
    }

    /// <summary>Nothing is sent before this.</summary>
    public ScriptedAnswer After(Task task)
    {
        _before = task;
        return this;
    }

    /// <summary>After so many bytes of the body, nothing more is sent before this.</summary>
    public ScriptedAnswer Pausing(int at, Task until)
    {
        _middleAt = at;
        _middle = until;
        return this;
    }

    public async Task WriteAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        await _before.WaitAsync(cancellationToken);
        string framing = _chunk > 0 ? "Transfer-Encoding: chunked" : $"Content-Length: {_claimedLength ?? _body.Length}";
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {status} Scripted\r\n{_headers}{framing}\r\n\r\n"), cancellationToken);
        if (_chunk == 0)
        {
            await stream.WriteAsync(_body.AsMemory(0, _middleAt), cancellationToken);
            await _middle.WaitAsync(cancellationToken);
            await stream.WriteAsync(_body.AsMemory(_middleAt), cancellationToken);
            return;
        }

        for (int at = 0; at < _body.Length; at += _chunk)
        {
            int length = Math.Min(_chunk, _body.Length - at);
            byte[] chunk = [.. Encoding.Latin1.GetBytes($"{length:x}\r\n"), .. _body.AsSpan(at, length), (byte)'\r', (byte)'\n'];
            await stream.WriteAsync(chunk, cancellationToken);
        }

        if (!_cutChunks)
        {
            await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellationToken);
        }
    }
}
