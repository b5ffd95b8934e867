using DataStoreFS.Server;

namespace Integration.Cli;

/// <summary>A server with one dataset of two versions, and a place to mount it on. Unmounts what a test has left mounted.</summary>
internal sealed class CliFixture : IAsyncDisposable
{
    public const string Uuid = "fec5f7d4-fe28-4892-a5ee-b1ecb173e865";

    private readonly DirectoryInfo _folder;

    private CliFixture(DirectoryInfo folder, DataStoreServer server)
    {
        _folder = folder;
        Server = server;
        MountPoint = Path.Combine(folder.FullName, "mount");
        Directory.CreateDirectory(MountPoint);
    }

    public DataStoreServer Server { get; }
    public string MountPoint { get; }
    public string Folder => _folder.FullName;
    public string Url => Server.Url.GetLeftPart(UriPartial.Authority);
    public string Source => $"{Url}/datasets/{Uuid}";

    public static async Task<CliFixture> StartAsync(string? token = null)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("datastorefs-cli-");
        string store = Path.Combine(folder.FullName, "store");
        Fixtures.Copy("server", store);
        return new CliFixture(
            folder, await DataStoreServer.StartAsync(new DataStoreServerOptions { Folder = store, Urls = ["http://127.0.0.1:0"], Token = token }));
    }

    /// <summary>Mounts version 0 and expects success without a word.</summary>
    public async Task MountAsync(params string[] options)
    {
        CliResult result = await CliProgram.RunAsync(["mount", $"{Source}/0", MountPoint, .. options]);
        Assert.Equal(new CliResult(0, "", ""), result);
    }

    /// <summary>The type of file system at the mount point, as the kernel's table has it; null when nothing is mounted there.</summary>
    public string? MountedType() => File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(' '))
        .Where(fields => fields[4] == MountPoint)
        .Select(fields => fields[Array.IndexOf(fields, "-") + 1])
        .LastOrDefault();

    public async ValueTask DisposeAsync()
    {
        while (MountedType() is not null)
        {
            Assert.Equal(0, (await CliProgram.RunAsync("umount", "--lazy", MountPoint)).ExitCode);
        }

        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
