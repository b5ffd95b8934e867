using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Mounts;

/// <summary>
/// A real mount of a made-up volume over a <see cref="ScriptedStore"/>: everything but the server. Disposing unmounts and cleans up.
/// </summary>
internal sealed class ScriptedMount : IAsyncDisposable
{
    private readonly string _folder;

    private ScriptedMount(string folder, ScriptedStore store, DataStoreMount mount, VolumeInfo volume)
    {
        _folder = folder;
        Store = store;
        Mount = mount;
        Volume = volume;
    }

    public ScriptedStore Store { get; }
    public DataStoreMount Mount { get; }
    public VolumeInfo Volume { get; }
    public string Root => Mount.MountPoint;
    public string Scratch => Path.Join(_folder, "scratch");
    public string RuntimeFolder => Path.Join(_folder, "run");

    public static async Task<ScriptedMount> StartAsync(
        VolumeInfo volume, Func<MountSettings, MountSettings>? change = null, Action<ScriptedStore>? script = null, ILoggerFactory? logging = null)
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        Directory.CreateDirectory(Path.Join(folder, "mount"));
        Directory.CreateDirectory(Path.Join(folder, "scratch"));
        ScriptedStore store = new(volume);
        script?.Invoke(store);
        MountSettings settings = new()
        {
            Source = new SourceAddress("http://scripted", volume.Uuid, volume.RequestedVersion),
            MountPoint = Path.Join(folder, "mount"),
            RuntimeFolder = Path.Join(folder, "run"),
        };
        MountParts parts = new(volume, new VolumeFiles(new N5View(volume), "<SpimData/>"u8.ToArray()), store, store.Pool);
        DataStoreMount mount = await DataStoreMount.StartAsync(
            change?.Invoke(settings) ?? settings, settings.MountPoint, parts, logging ?? NullLoggerFactory.Instance, default);
        return new ScriptedMount(folder, store, mount, volume);
    }

    public string PathOf(BlockKey key) => Path.Join(Root, new VolumeTree(Volume, new VolumeFiles(new N5View(Volume), default)).PathOf(Node.Of(key)));

    public async ValueTask DisposeAsync()
    {
        await Mount.DisposeAsync();
        Directory.Delete(_folder, true);
        Assert.Equal(0, Store.Pool.Rented);
    }
}
