using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Foreign;

/// <summary>Datasets that other software wrote, served and mounted. Disposing unmounts, stops the server and removes the folder.</summary>
internal sealed class MountedFolder : IAsyncDisposable
{
    private readonly string _folder;
    private readonly DataStoreServer _server;

    private MountedFolder(string folder, DataStoreServer server, DataStoreMount mount)
    {
        _folder = folder;
        _server = server;
        Mount = mount;
    }

    public DataStoreMount Mount { get; }
    public string Tree => Path.Join(Mount.MountPoint, "export.n5");
    public string Scratch => Path.Join(_folder, "scratch");
    public Uri Url => _server.Url;

    /// <param name="prepare">Fills the server's folder before it starts.</param>
    /// <param name="started">Given the running server: what to mount.</param>
    /// <param name="settings">Changes the mount's settings.</param>
    public static async Task<MountedFolder> StartAsync(
        Action<string> prepare, Func<Uri, Task<SourceAddress>> started, Func<MountSettings, MountSettings>? settings = null)
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-foreign-").FullName;
        foreach (string name in new[] { "origin", "mount", "scratch" })
        {
            Directory.CreateDirectory(Path.Join(folder, name));
        }

        prepare(Path.Join(folder, "origin"));
        DataStoreServer server = await DataStoreServer.StartAsync(
            new DataStoreServerOptions { Folder = Path.Join(folder, "origin"), Urls = ["http://127.0.0.1:0"] });
        try
        {
            MountSettings given = new()
            {
                Source = await started(server.Url),
                MountPoint = Path.Join(folder, "mount"),
                RuntimeFolder = Path.Join(folder, "run"),
            };
            DataStoreMount mount = await DataStoreMount.StartAsync(settings?.Invoke(given) ?? given, NullLoggerFactory.Instance, default);
            return new MountedFolder(folder, server, mount);
        }
        catch
        {
            await server.DisposeAsync();
            Directory.Delete(folder, true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Mount.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, true);
    }
}
