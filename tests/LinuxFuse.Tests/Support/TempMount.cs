namespace LinuxFuse.Tests.Support;

/// <summary>A file system mounted on a new directory, both gone at the end.</summary>
internal sealed class TempMount : IAsyncDisposable
{
    /// <summary>By it scripts/test knows the mounts of its run.</summary>
    private static readonly string s_prefix = $"linuxfuse-test-{Environment.GetEnvironmentVariable("LINUXFUSE_TEST_RUN")}-";

    private TempMount(string path, FuseMount mount)
    {
        Path = path;
        Mount = mount;
    }

    /// <summary>Tests use the mount from their own process.</summary>
    public static FuseOptions Options { get; } = new()
    {
        RefuseOwnRequests = false,
        Source = "test",
        Subtype = "test",
        DrainTimeout = TimeSpan.FromSeconds(5),
    };

    public string Path { get; }

    public FuseMount Mount { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static async Task<TempMount> CreateAsync(FuseFileSystem fileSystem, FuseOptions? options = null)
    {
        string path = NewDirectory();
        try
        {
            return new TempMount(path, await FuseMount.MountAsync(path, fileSystem, options ?? Options));
        }
        catch
        {
            Directory.Delete(path);
            throw;
        }
    }

    public static string NewDirectory() => Directory.CreateTempSubdirectory(s_prefix).FullName;

    public async ValueTask DisposeAsync()
    {
        await Mount.DisposeAsync();
        Directory.Delete(Path);
    }
}
