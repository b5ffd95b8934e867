using DataStoreFS.Model;
using DataStoreFS.Server;
using Integration.Cli;
using Integration.Mounts;

namespace Integration.Warming;

/// <summary>
/// A server in this process with one dataset of two versions: 0, which does not change any more, and 1. A place to mount it on, and a folder for a
/// disk cache. Unmounts what a test has left mounted.
/// </summary>
internal sealed class WarmFixture : IAsyncDisposable
{
    private readonly string _folder;

    private WarmFixture(string folder, DataStoreServer server, Faults faults)
    {
        _folder = folder;
        Server = server;
        Faults = faults;
    }

    /// <summary>Two setups (0, 4), three timepoints (3, 5, 9), levels of 27 and 12 blocks.</summary>
    public static VolumeInfo Volume { get; } = Volumes.Small("0", 0, 1);

    public const int AllBlocks = 2 * 3 * (27 + 12);

    /// <summary>Per image of either level: three and three of those in the middle column.</summary>
    public const int MissingOfImage = 3;

    public DataStoreServer Server { get; }

    public Faults Faults { get; }

    public string MountPoint => Path.Join(_folder, "mount");

    public string Cache => Path.Join(_folder, "cache");

    public string DiskCache => Cache + ",200MiB";

    public string Source => $"{Server.Url.GetLeftPart(UriPartial.Authority)}/datasets/{Volume.Uuid}/0";

    public static bool Exists(BlockKey key) => key.X != 1 || key.Y != 1;

    public static async Task<WarmFixture> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("datastorefs-warm-").FullName;
        Directory.CreateDirectory(Path.Join(folder, "mount"));
        string origin = Path.Join(folder, "origin");
        DatasetWriter.Write(origin, Volume, Exists);
        DatasetWriter.Write(origin, Volumes.Small("1", 0, 1), static key => key is { X: 0, Y: 0, Z: 0 }, edition: 1);
        Faults faults = new();
        return new WarmFixture(
            folder,
            await DataStoreServer.StartAsync(new DataStoreServerOptions { Folder = origin, Urls = ["http://127.0.0.1:0"], Faults = faults }),
            faults);
    }

    public Task<CliResult> WarmAsync(params string[] options) => CliProgram.RunAsync(["warm", Source, "--disk-cache", DiskCache, .. options]);

    public async Task MountAsync(params string[] options)
    {
        CliResult result = await CliProgram.RunAsync(["mount", Source, MountPoint, .. options]);
        Assert.Equal(new CliResult(0, "", ""), result);
    }

    /// <summary>Every block of an image through the mount, by a foreign program, with what it must be.</summary>
    public async Task AssertReadsAsync(Func<BlockKey, bool> wanted)
    {
        foreach (BlockKey key in TestVoxels.AllBlocks(Volume).Where(wanted))
        {
            string image = $"setup{Volume.Setups[key.Setup].Id}/timepoint{Volume.TimepointIds[key.Timepoint]}/s{key.Level}";
            string path = $"{MountPoint}/export.n5/{image}/{key.X}/{key.Y}/{key.Z}";
            byte[] expected = Exists(key) ? TestVoxels.FileOf(Volume, key) : TestVoxels.ZerosOf(Volume, key);
            byte[] read = await File.ReadAllBytesAsync(path);
            Assert.True(expected.AsSpan().SequenceEqual(read), path);
        }
    }

    public bool IsMounted => File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == MountPoint);

    public async ValueTask DisposeAsync()
    {
        while (IsMounted)
        {
            Assert.Equal(0, (await CliProgram.RunAsync("umount", "--lazy", MountPoint)).ExitCode);
        }

        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
