using DataStoreFS.Server;

namespace Integration.Server;

/// <summary>A server over a folder of its own, and a client that follows no redirects.</summary>
internal sealed class ServerFixture : IAsyncDisposable
{
    private ServerFixture(TemporaryFolder folder, DataStoreServer server)
    {
        Folder = folder;
        Server = server;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = server.Url };
    }

    public TemporaryFolder Folder { get; }

    public DataStoreServer Server { get; }

    public HttpClient Client { get; }

    /// <param name="prepare">Puts datasets into the folder before the server looks.</param>
    /// <param name="options">Makes the options from the folder's path.</param>
    public static async Task<ServerFixture> StartAsync(Action<string>? prepare = null, Func<string, DataStoreServerOptions>? options = null)
    {
        TemporaryFolder folder = new();
        prepare?.Invoke(folder.Path);
        return new ServerFixture(folder, await DataStoreServer.StartAsync(options?.Invoke(folder.Path) ?? Options(folder.Path)));
    }

    public static DataStoreServerOptions Options(string folder) => new() { Folder = folder, Urls = ["http://127.0.0.1:0"] };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        Folder.Dispose();
    }
}

/// <summary>A folder that is gone at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("datastorefs-server-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
