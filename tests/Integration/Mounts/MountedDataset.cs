using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Server;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using LinuxFuse;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Mounts;

/// <summary>
/// The whole way: a dataset in a temporary folder, a server in this process, a mount in this process. Only foreign programs
/// (<see cref="Command"/>) may touch the mount. Disposing unmounts, stops the server and removes the folder.
/// </summary>
internal sealed class MountedDataset : IAsyncDisposable
{
    private readonly string _folder;

    private MountedDataset(string folder, VolumeInfo volume, DataStoreServer server, DataStoreMount mount)
    {
        _folder = folder;
        Volume = volume;
        Server = server;
        Mount = mount;
    }

    /// <summary>What was written; the mount's own description is <see cref="DataStoreMount.Volume"/>.</summary>
    public VolumeInfo Volume { get; }
    public DataStoreServer Server { get; }
    public DataStoreMount Mount { get; }
    public string Root => Mount.MountPoint;

    /// <summary>The server's folder.</summary>
    public string Origin => OriginIn(_folder);

    /// <summary>Where a test may put copies.</summary>
    public string Scratch => Path.Join(_folder, "scratch");

    public string RuntimeFolder => Mount.Settings.RuntimeFolder!;

    /// <param name="volume">Written to the server's folder before it starts.</param>
    /// <param name="exists">Blocks that are written; null: all.</param>
    /// <param name="settings">Changes the mount's settings.</param>
    /// <param name="version">In the source's address; null: the volume's own version.</param>
    /// <param name="options">Changes the server's options, from its folder.</param>
    /// <param name="logging">Where the mount logs.</param>
    public static async Task<MountedDataset> StartAsync(
        VolumeInfo volume,
        Func<BlockKey, bool>? exists = null,
        Func<MountSettings, MountSettings>? settings = null,
        string? version = null,
        Func<string, DataStoreServerOptions>? options = null,
        ILoggerFactory? logging = null)
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        foreach (string name in new[] { "origin", "mount", "scratch" })
        {
            Directory.CreateDirectory(Path.Join(folder, name));
        }

        DatasetWriter.Write(OriginIn(folder), volume, exists ?? (static _ => true));
        DataStoreServer server = await DataStoreServer.StartAsync(
            options?.Invoke(OriginIn(folder)) ?? new DataStoreServerOptions { Folder = OriginIn(folder), Urls = ["http://127.0.0.1:0"] });
        try
        {
            MountSettings given = SettingsOf(folder, server, volume, version);
            DataStoreMount mount = await DataStoreMount.StartAsync(settings?.Invoke(given) ?? given, logging ?? NullLoggerFactory.Instance, default);
            return new MountedDataset(folder, volume, server, mount);
        }
        catch
        {
            await server.DisposeAsync();
            Directory.Delete(folder, true);
            throw;
        }
    }

    public string PathOf(BlockKey key) => Path.Join(Root, new VolumeTree(Volume, new VolumeFiles(new N5View(Volume), default)).PathOf(Node.Of(key)));

    /// <summary>Messages from the kernel so far, but for the forgetting of nodes, which comes when it likes.</summary>
    public long Messages => MessagesOf(Mount);

    public static long MessagesOf(DataStoreMount mount) =>
        mount.Statistics.Snapshot().Where(s => s.Key is not (FuseOpcode.Forget or FuseOpcode.BatchForget)).Sum(s => s.Value);

    public async ValueTask DisposeAsync()
    {
        await Mount.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(_folder, true);
        Assert.Equal(0, Mount.BuffersInUse);
    }

    private static string OriginIn(string folder) => Path.Join(folder, "origin");

    private static MountSettings SettingsOf(string folder, DataStoreServer server, VolumeInfo volume, string? version) => new()
    {
        Source = new SourceAddress(server.Url.ToString().TrimEnd('/'), volume.Uuid, version ?? volume.ResolvedVersion),
        MountPoint = Path.Join(folder, "mount"),
        RuntimeFolder = Path.Join(folder, "run"),
    };

    /// <summary>For the settings: writable, with overlay and journal in the test's own folder.</summary>
    public static MountSettings Writable(MountSettings settings)
    {
        string folder = Path.GetDirectoryName(settings.MountPoint)!;
        return settings with { ReadWrite = true, OverlayFolder = Path.Join(folder, "overlay"), JournalFolder = Path.Join(folder, "journal") };
    }

    /// <summary>The bytes of a block file on the server's disk; null where there is none.</summary>
    public byte[]? Stored(BlockKey key)
    {
        string path = Path.Join(Origin, Volume.Uuid, Volume.ResolvedVersion, PathOf(key)[(Root.Length + 1)..]);
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }
}
