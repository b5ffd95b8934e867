using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Integration.Cli;

namespace Integration.Crash;

/// <summary>The mounting program as a process of its own, which is ended by SIGKILL only.</summary>
/// <remarks>Contract. Owns the process and the socket on which it says that it is ready. <see cref="DisposeAsync"/> kills what still runs.</remarks>
internal sealed class Daemon : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Socket _ready;
    private readonly string _socket;
    private readonly Task<string> _errors;

    private Daemon(Process process, Socket ready, string socket)
    {
        _process = process;
        _ready = ready;
        _socket = socket;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <param name="program">The program; see <see cref="Program"/>.</param>
    /// <param name="folder">For the socket on which it says that it is ready.</param>
    /// <param name="arguments">Of the program.</param>
    public static Daemon Start(string program, string folder, params IEnumerable<string> arguments)
    {
        string path = Path.Join(folder, "ready");
        Socket ready = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        ready.Bind(new UnixDomainSocketEndPoint(path));
        Process process = CliProgram.StartProgram(
            program, arguments, new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path, ["DOTNET_TieredPGO"] = "0" });
        return new Daemon(process, ready, path);
    }

    /// <summary>
    /// The release when there is one that is not older than the build, because it starts faster; else what was built with the tests.
    /// </summary>
    public static string Program()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            FileInfo release = new(Path.Join(at.FullName, "artifacts", "datastorefs"));
            if (release.Exists && release.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Join(AppContext.BaseDirectory, "DataStoreFS.dll")))
            {
                return release.FullName;
            }
        }

        return CliProgram.Path;
    }

    /// <summary>Returns when the daemon says that the tree can be used.</summary>
    /// <exception cref="InvalidOperationException">It ended instead, or said nothing for a minute.</exception>
    public async Task ReadyAsync()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        Task ended = _process.WaitForExitAsync(patience.Token);
        byte[] message = new byte[512];
        Task<int> received = _ready.ReceiveAsync(message, patience.Token).AsTask();
        if (await Task.WhenAny(received, ended) == ended
            || !Encoding.UTF8.GetString(message, 0, await received).StartsWith("READY=1", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(
                $"the daemon ended with exit code {(_process.HasExited ? _process.ExitCode : -1)} before it was ready: {await _errors}");
        }
    }

    /// <summary>SIGKILL, now.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _errors;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        _ready.Dispose();
        File.Delete(_socket);
    }
}
