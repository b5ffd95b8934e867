using DataStoreFS.Server;
using Microsoft.AspNetCore.Http;

namespace Integration.Crash;

/// <summary>A server in this process that fails, delays, loses answers and restarts, by a seeded random number, always at the same address.</summary>
internal sealed class UnreliableServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly Faults _faults = new();
    private DataStoreServer? _server;
    private Random _random = new(0);
    private string _url = "http://127.0.0.1:0";
    private int _running;
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private UnreliableServer(string folder) => _folder = folder;

    public string Url => _url;

    public static async Task<UnreliableServer> StartAsync(string folder)
    {
        UnreliableServer server = new(folder);
        await server.StartAsync();
        return server;
    }

    /// <summary>From now on requests fail.</summary>
    /// <param name="random">Decides how.</param>
    /// <param name="posted">Called at every POST, before it is decided.</param>
    public void Misbehave(Random random, Action posted)
    {
        _random = random;
        _faults.Script = http => Count(http) ? Decide(http, posted) : null;
    }

    /// <summary>From now on everything works.</summary>
    public void Behave() => _faults.Script = http =>
    {
        Count(http);
        return null;
    };

    /// <summary>
    /// Stops and starts it. In between no request runs: what a dead daemon had sent is done or will never be, as when the server's process ends.
    /// </summary>
    /// <param name="down">Awaited while there is no server.</param>
    public async Task RestartAsync(Task down)
    {
        using (CancellationTokenSource patience = new(TimeSpan.FromMilliseconds(50)))
        {
            await _server!.StopAsync(patience.Token);
        }

        _server = null;
        await IdleAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await down;
        await StartAsync();
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task StartAsync()
    {
        _server = await DataStoreServer.StartAsync(new DataStoreServerOptions { Folder = _folder, Urls = [_url], Faults = _faults });
        _url = _server.Url.ToString().TrimEnd('/');
    }

    private FaultAction? Decide(HttpContext http, Action posted)
    {
        bool post = http.Request.Method == "POST";
        if (post)
        {
            posted();
        }

        lock (_gate)
        {
            return _random.Next(post ? 16 : 60) switch
            {
                0 => FaultAction.Status(500),
                1 => FaultAction.Status(503, "busy"),
                2 => FaultAction.Close(),
                3 => FaultAction.LoseAnswer(),
                4 or 5 => FaultAction.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 60))),
                _ => null,
            };
        }
    }

    private bool Count(HttpContext http)
    {
        lock (_gate)
        {
            _running++;
        }

        http.Response.OnCompleted(() =>
        {
            lock (_gate)
            {
                _running--;
                if (_running == 0)
                {
                    _idle.TrySetResult();
                }
            }

            return Task.CompletedTask;
        });
        return true;
    }

    private Task IdleAsync()
    {
        lock (_gate)
        {
            _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _running == 0 ? Task.CompletedTask : _idle.Task;
        }
    }
}
