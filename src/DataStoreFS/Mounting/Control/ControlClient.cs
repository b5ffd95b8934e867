using System.Net.Sockets;
using System.Text;
using DataStoreFS.Model;

namespace DataStoreFS.Mounting.Control;

/// <summary>Talks to the daemon behind a mount point. Never touches the mount itself, so it cannot hang on a daemon that does not answer.</summary>
public static class ControlClient
{
    /// <summary>
    /// Without a sign of life. A daemon that works on an answer sends an empty line now and then: <see cref="ControlCommand.Stop"/> may wait long for
    /// what is still being written.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>True when a daemon listens for that mount point.</summary>
    public static async Task<bool> IsAliveAsync(string mountPoint, CancellationToken cancellationToken, string? folder = null)
    {
        using Socket? socket = await TryConnectAsync(ControlAddress.ToAsk(mountPoint, folder), cancellationToken).ConfigureAwait(false);
        return socket is not null;
    }

    /// <returns>What the daemon says after <c>ok</c>; see <see cref="ControlCommand"/>.</returns>
    /// <exception cref="DataStoreException">NotFound: nobody listens; Timeout; Refused: the daemon's own words.</exception>
    public static Task<string> SendAsync(string mountPoint, ControlCommand command, CancellationToken cancellationToken, string? folder = null) =>
        SendAsync(mountPoint, command, [], cancellationToken, folder);

    /// <inheritdoc cref="SendAsync(string, ControlCommand, CancellationToken, string?)"/>
    public static async Task<string> SendAsync(
        string mountPoint, ControlCommand command, IReadOnlyList<string> arguments, CancellationToken cancellationToken, string? folder = null)
    {
        byte[] line = new ControlRequest(command, arguments).ToLine();
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            IReadOnlyList<string> paths = ControlAddress.ToAsk(mountPoint, folder);
            using Socket socket = await TryConnectAsync(paths, patience.Token).ConfigureAwait(false)
                ?? throw new DataStoreException(
                    DataStoreErrorKind.NotFound,
                    $"no datastorefs of this user serves {mountPoint}"
                        + (paths.Count == 0 ? "; " : $" (nobody answers at {string.Join(" or ", paths)}); ")
                        + "see 'mount -t fuse.datastorefs' for what is mounted");
            using NetworkStream stream = new(socket, ownsSocket: false);
            await stream.WriteAsync(line, patience.Token).ConfigureAwait(false);
            return Interpret(await ReadAsync(stream, patience).ConfigureAwait(false), mountPoint);
        }
        catch (OperationCanceledException slow) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local,
                $"the daemon of {mountPoint} gives no sign of life for {s_patience.TotalSeconds:0} s; it hangs or is stopped: "
                    + $"'datastorefs umount --lazy {mountPoint}' takes the mount away",
                slow);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            throw new DataStoreException(DataStoreErrorKind.Local, $"the daemon of {mountPoint} hung up: {fault.Message}", fault);
        }
    }

    private static async Task<string> ReadAsync(NetworkStream stream, CancellationTokenSource patience)
    {
        using StreamReader reader = new(stream);
        StringBuilder answer = new();
        char[] piece = new char[4096];
        int length;
        while ((length = await reader.ReadAsync(piece, patience.Token).ConfigureAwait(false)) > 0)
        {
            patience.CancelAfter(s_patience);
            answer.Append(piece, 0, length);
        }

        return answer.ToString().Trim('\n');
    }

    private static string Interpret(string answer, string mountPoint)
    {
        const string error = "error ";
        return answer.StartsWith(error, StringComparison.Ordinal) ? throw new DataStoreException(DataStoreErrorKind.Refused, answer[error.Length..])
            : answer == "ok" ? string.Empty
            : answer.StartsWith("ok\n", StringComparison.Ordinal) ? answer["ok\n".Length..]
            : throw new DataStoreException(DataStoreErrorKind.Local, $"the daemon of {mountPoint} ended before it answered");
    }

    private static async Task<Socket?> TryConnectAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        foreach (string path in paths)
        {
            if (await TryConnectAsync(path, cancellationToken).ConfigureAwait(false) is { } socket)
            {
                return socket;
            }
        }

        return null;
    }

    private static async Task<Socket?> TryConnectAsync(string path, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException absent) when (absent.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
