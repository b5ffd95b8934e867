using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Mounts;

/// <summary><c>mount http://host:port MOUNTPOINT</c>: every dataset of a server, when it is named.</summary>
public sealed class WholeServerTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
    private readonly VolumeInfo _first = Volumes.Small();
    private readonly VolumeInfo _second = Volumes.Make(
        "1", [0, 1], [0], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(100, 100, 20), new Size3(64, 64, 16)));
    private DataStoreServer _server = null!;

    public async Task InitializeAsync()
    {
        foreach (string name in new[] { "origin", "mount", "scratch" })
        {
            Directory.CreateDirectory(Path.Join(_folder, name));
        }

        DatasetWriter.Write(_folder + "/origin", _first, static _ => true);
        DatasetWriter.Write(_folder + "/origin2", _second, static _ => true, edition: 3);
        Directory.Move(_folder + "/origin2/scripted/1", _folder + "/origin2/scripted/0");
        Directory.Move(_folder + "/origin2/scripted", _folder + "/origin/other.dataset");
        _server = await DataStoreServer.StartAsync(new DataStoreServerOptions { Folder = _folder + "/origin", Urls = ["http://127.0.0.1:0"] });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, true);
    }

    [MountFact]
    public async Task DatasetsAndVersionsAppearWhenTheyAreNamed()
    {
        await using DataStoreMount mount = await MountAsync();
        string root = mount.MountPoint;
        Assert.Equal(string.Empty, await Command.RunCleanAsync("ls", root));
        string copy = Path.Join(_folder, "scratch", "copy");
        await Command.RunCleanAsync("cp", $"{root}/scripted/0/export.n5/setup4/timepoint5/s0/1/2/1", copy);
        Assert.Equal(TestVoxels.FileOf(_first, new BlockKey(0, 1, 1, 0, 1, 2, 1)), await File.ReadAllBytesAsync(copy));
        await Command.RunCleanAsync("cp", $"{root}/other.dataset/mixedLatest/export.n5/setup0/timepoint0/s0/1/1/1", copy);
        Assert.Equal(TestVoxels.FileOf(_second, new BlockKey(0, 0, 0, 0, 1, 1, 1), edition: 3), await File.ReadAllBytesAsync(copy));
        Assert.Contains("SpimData", await Command.RunCleanAsync("cat", $"{root}/scripted/latest/export.xml"), StringComparison.Ordinal);
        Assert.Equal("other.dataset\nscripted\n", await Command.RunCleanAsync("ls", root));
        Assert.Equal("0\nmixedLatest\n", await Command.RunCleanAsync("ls", root + "/scripted"));
        await Command.RunCleanAsync("ls", "-lR", root);
        await Command.RunCleanAsync("cp", "-r", root, _folder + "/scratch/all");
        MountStatus status = MountStatusJson.Read(await ControlClient.SendAsync(root, ControlCommand.Status, default, _folder + "/run"));
        Assert.True(status.BytesRead > 0);
    }

    [MountFact]
    public async Task NodeNumbersAreTheSameWhateverIsLookedAtFirst()
    {
        string[] paths = ["scripted/0/export.n5/setup0/timepoint3/s0/0/0/0", "other.dataset/0/export.xml", "scripted/mixedLatest/export.n5"];
        string[][] seen = new string[2][];
        for (int round = 0; round < 2; round++)
        {
            await using DataStoreMount mount = await MountAsync();
            IEnumerable<string> order = round == 0 ? paths : paths.Reverse();
            foreach (string path in order)
            {
                await Command.RunCleanAsync("stat", $"{mount.MountPoint}/{path}");
            }

            seen[round] = await Task.WhenAll(paths.Select(p => Command.RunCleanAsync("stat", "-c", "%i %s", $"{mount.MountPoint}/{p}")));
        }

        Assert.Equal(seen[0], seen[1]);
        Assert.Equal(3, seen[0].Distinct().Count());
    }

    [MountFact]
    public async Task NamesThatAreNoDatasetAreNotFoundAndOddOnesNeverReachTheServer()
    {
        await using DataStoreMount mount = await MountAsync();
        string root = mount.MountPoint;
        await Command.RunCleanAsync("ls", root + "/scripted");
        long requests = _server.Counters.Requests;
        foreach (string name in new[]
        {
            ".Trash",
            ".hidden",
            "a b",
            "scripted/new",
            "scripted/007",
            "scripted/-1",
            "scripted/delete",
            "scripted/1.0",
            "%2e%2e",
        })
        {
            Assert.NotEqual(0, (await Command.RunAsync("stat", $"{root}/{name}")).ExitCode);
        }

        Assert.Equal(requests, _server.Counters.Requests);
        Assert.Contains("No such file", (await Command.RunAsync("ls", root + "/unknown")).Errors, StringComparison.Ordinal);
        Assert.Contains("No such file", (await Command.RunAsync("ls", root + "/scripted/77")).Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder + "/origin/scripted/77"));
    }

    [MountFact]
    public async Task AListOfDatasetsIsShownFromTheBeginning()
    {
        string list = Path.Join(_folder, "list");
        await File.WriteAllTextAsync(list, "# ours\nscripted\n\nother.dataset  # theirs\n");
        await using (DataStoreMount mount = await MountAsync(s => s with { DatasetsFile = list }))
        {
            Assert.Equal("other.dataset\nscripted\n", await Command.RunCleanAsync("ls", mount.MountPoint));
        }

        await File.WriteAllTextAsync(list, "scripted\n../etc\n");
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(() => MountAsync(s => s with { DatasetsFile = list }));
        Assert.Contains("line 2", refused.Message, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task AServerThatIsDownIsSaidAtTheMount()
    {
        await _server.DisposeAsync();
        DataStoreException refused = await Assert.ThrowsAsync<DataStoreException>(
            () => MountAsync(s => s with { RequestTimeout = TimeSpan.FromSeconds(1) }));
        Assert.True(refused.Kind is DataStoreErrorKind.Unreachable or DataStoreErrorKind.Timeout, refused.Message);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void AWholeServerCannotBeWrittenTo()
    {
        MountSettings settings = new() { Source = SourceAddress.Parse("http://h:1"), MountPoint = "/mnt", ReadWrite = true };
        Assert.Equal(DataStoreErrorKind.Usage, Assert.Throws<DataStoreException>(settings.Validate).Kind);
    }

    private Task<DataStoreMount> MountAsync(Func<MountSettings, MountSettings>? change = null)
    {
        MountSettings settings = new()
        {
            Source = SourceAddress.Parse(_server.Url.ToString()),
            MountPoint = _folder + "/mount",
            RuntimeFolder = _folder + "/run",
        };
        return DataStoreMount.StartAsync(change?.Invoke(settings) ?? settings, NullLoggerFactory.Instance, default);
    }
}
