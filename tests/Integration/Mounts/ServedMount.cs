using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Server;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Mounts;

/// <summary>
/// A whole server with two datasets, mounted: server and mount in this process. Disposing unmounts, stops the server and removes the folder.
/// </summary>
internal sealed class ServedMount : IAsyncDisposable
{
    private readonly string _folder;
    private DataStoreServer _server;

    private ServedMount(string folder, DataStoreServer server, DataStoreMount mount)
    {
        _folder = folder;
        _server = server;
        Mount = mount;
    }

    /// <summary>Versions 0 and 1.</summary>
    public static VolumeInfo First { get; } = Named("11111111-aaaa-4bbb-8ccc-000000000001", Volumes.Small("0", 0, 1));

    /// <summary>Version 0 only.</summary>
    public static VolumeInfo Second { get; } = Named("scripted-2", Volumes.Make(
        "0", [0], [1], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(33, 20, 9), new Size3(16, 16, 8)), type: VoxelType.UInt8));

    public DataStoreMount Mount { get; }

    public string Root => Mount.MountPoint;

    public string Scratch => Path.Join(_folder, "scratch");

    public long Requests => _server.Counters.Requests;

    public static async Task<ServedMount> StartAsync(Func<MountSettings, MountSettings>? settings = null, ILoggerFactory? logging = null)
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        foreach (string name in new[] { "origin", "mount", "scratch" })
        {
            Directory.CreateDirectory(Path.Join(folder, name));
        }

        DatasetWriter.Write(Path.Join(folder, "origin"), First, static _ => true);
        DatasetWriter.Write(Path.Join(folder, "origin"), Named(First.Uuid, Volumes.Small("1", 0, 1)), static key => key.X == 0, edition: 1);
        DatasetWriter.Write(Path.Join(folder, "origin"), Second, static _ => true);
        DataStoreServer server = await ServeAsync(folder, "http://127.0.0.1:0");
        MountSettings given = new()
        {
            Source = SourceAddress.Parse(server.Url.ToString()),
            MountPoint = Path.Join(folder, "mount"),
            RuntimeFolder = Path.Join(folder, "run"),
            RequestTimeout = TimeSpan.FromSeconds(10),
        };
        DataStoreMount mount = await DataStoreMount.StartAsync(settings?.Invoke(given) ?? given, logging ?? NullLoggerFactory.Instance, default);
        return new ServedMount(folder, server, mount);
    }

    /// <summary>The file of a block in a version's directory.</summary>
    public string PathOf(VolumeInfo volume, string version, BlockKey key) =>
        Path.Join(Root, volume.Uuid, version, new VolumeTree(volume, new VolumeFiles(new N5View(volume), default)).PathOf(Node.Of(key)));

    public Task StopServerAsync() => _server.DisposeAsync().AsTask();

    /// <summary>At the same address.</summary>
    public async Task StartServerAsync() => _server = await ServeAsync(_folder, _server.Url.ToString());

    public async ValueTask DisposeAsync()
    {
        await Mount.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, true);
        Assert.Equal(0, Mount.BuffersInUse);
    }

    public static VolumeInfo Named(string uuid, VolumeInfo volume) => new()
    {
        Volume = volume.Volume,
        Uuid = uuid,
        RequestedVersion = volume.RequestedVersion,
        ResolvedVersion = volume.ResolvedVersion,
        VoxelType = volume.VoxelType,
        Dimensions = volume.Dimensions,
        VoxelSize = volume.VoxelSize,
        Versions = volume.Versions,
        TimepointIds = volume.TimepointIds,
        Setups = volume.Setups,
    };

    private static Task<DataStoreServer> ServeAsync(string folder, string url) =>
        DataStoreServer.StartAsync(new DataStoreServerOptions { Folder = Path.Join(folder, "origin"), Urls = [url] });
}
