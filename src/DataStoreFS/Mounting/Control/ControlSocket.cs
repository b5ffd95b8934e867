using System.Net.Sockets;
using System.Text;
using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting.Control;

/// <summary>Answers one command per connection on the mount's unix socket. The first line of an answer is <c>ok</c> or <c>error REASON</c>.</summary>
/// <remarks>Who may connect is settled by the file system: the folder is its owner's only, the socket has mode 0600.</remarks>
internal sealed class ControlSocket : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromMilliseconds(200);

    // A sign of life while a handler works, well within the client's patience.
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(10);

    private readonly Socket _listener;
    private readonly TimeSpan _beat;
    private readonly Func<Socket, CancellationToken, ValueTask<Socket>> _accept;
    private readonly Func<ControlRequest, CancellationToken, Task<string>> _handler;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    private ControlSocket(
        string path,
        Socket listener,
        Func<Socket, CancellationToken, ValueTask<Socket>> accept,
        Func<ControlRequest, CancellationToken, Task<string>> handler,
        ILogger logger,
        TimeSpan beat)
    {
        _beat = beat;
        FilePath = path;
        _listener = listener;
        _accept = accept;
        _handler = handler;
        _logger = logger;
        _loop = AcceptAsync();
    }

    public string FilePath { get; }

    /// <param name="path">From <see cref="ControlAddress"/>. A socket left by a daemon that died is replaced.</param>
    /// <param name="handler">Gives the text after <c>ok</c>; a <see cref="DataStoreException"/> becomes <c>error</c>.</param>
    /// <param name="logger">For faults of a connection.</param>
    /// <param name="beat">How often a client that waits hears that the daemon is alive; null: as often as it has to.</param>
    /// <param name="accept">accept(2), unless a test plays one that fails.</param>
    /// <exception cref="DataStoreException">Local or NotPermitted.</exception>
    public static ControlSocket Open(
        string path,
        Func<ControlRequest, CancellationToken, Task<string>> handler,
        ILogger logger,
        TimeSpan? beat = null,
        Func<Socket, CancellationToken, ValueTask<Socket>>? accept = null)
    {
        ControlAddress.EnsureFolder(Path.GetDirectoryName(path)!);
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            ControlAddress.KeepToOwner(path);
            listener.Listen();
            return new ControlSocket(
                path, listener, accept ?? (static (socket, stop) => socket.AcceptAsync(stop)), handler, logger, beat ?? s_beat);
        }
        catch (Exception fault) when (fault is SocketException or IOException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new DataStoreException(DataStoreErrorKind.Local, $"cannot open the control socket {path}: {fault.Message}", fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose(); // also removes the file
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> conversations = [];
        bool complained = false;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket client = await _accept(_listener, _stopping.Token).ConfigureAwait(false);
                complained = false;
                conversations.RemoveAll(c => c.IsCompleted);
                conversations.Add(ConverseAsync(client));
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                break;
            }
            catch (SocketException fault)
            {
                // Out of descriptors or the like, which passes; the connection waits in the socket's queue, so that without a pause this would spin.
                if (!complained)
                {
                    complained = true;
                    _logger.LogWarning("control socket: cannot accept a connection: {Reason}; trying again", fault.Message);
                }

                await Task.Delay(s_pauseAfterFault, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.WhenAll(conversations).ConfigureAwait(false);
    }

    private async Task ConverseAsync(Socket client)
    {
        try
        {
            using NetworkStream stream = new(client, ownsSocket: true);
            string answer = await WithBeatsAsync(stream, AnswerAsync(stream)).ConfigureAwait(false);
            using CancellationTokenSource patience = new(s_patience); // not _stopping: the answer to "stop" is given while stopping
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer + "\n"), patience.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
        {
            _logger.LogDebug("control socket: the other end went away: {Reason}", fault.Message);
        }
    }

    private async Task<string> WithBeatsAsync(NetworkStream stream, Task<string> answer)
    {
        using PeriodicTimer timer = new(_beat);
        while (await Task.WhenAny(answer, timer.WaitForNextTickAsync().AsTask()).ConfigureAwait(false) != answer)
        {
            await stream.WriteAsync("\n"u8.ToArray()).ConfigureAwait(false);
        }

        return await answer.ConfigureAwait(false);
    }

    private async Task<string> AnswerAsync(NetworkStream stream)
    {
        try
        {
            string line = await ReadLineAsync(stream).ConfigureAwait(false);
            if (ControlRequest.Parse(line) is not { } request)
            {
                return "error unknown command; expected status, refresh or stop";
            }

            // What was asked to stop this is not to be stopped by it: the client waits for the outcome.
            CancellationToken end = request.Command == ControlCommand.Stop ? CancellationToken.None : _stopping.Token;
            return $"ok\n{await _handler(request, end).ConfigureAwait(false)}";
        }
        catch (DataStoreException refused)
        {
            return $"error {refused.Message}";
        }
    }

    private async Task<string> ReadLineAsync(NetworkStream stream)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(s_patience);
        byte[] buffer = new byte[ControlRequest.Longest];
        int length = 0;
        while (length < buffer.Length)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), patience.Token).ConfigureAwait(false);
            length += read;
            int end = buffer.AsSpan(0, length).IndexOf((byte)'\n');
            if (end >= 0 || read == 0)
            {
                return Encoding.UTF8.GetString(buffer, 0, end >= 0 ? end : length).Trim();
            }
        }

        return string.Empty;
    }
}
