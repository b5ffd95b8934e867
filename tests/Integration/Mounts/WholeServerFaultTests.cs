using System.Net;
using System.Net.Sockets;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;
using Microsoft.Extensions.Logging.Abstractions;

namespace Integration.Mounts;

/// <summary>A whole server at one mount point: datasets appear when they are named, and nothing else is ever asked for.</summary>
public sealed class WholeServerFaultTests
{
    private static readonly BlockKey s_block = new(0, 0, 0, 0, 1, 1, 1);

    [MountFact]
    public async Task EveryVersionOfAWholeServerIsAVolumeOfItsOwn()
    {
        await using ServedMount mount = await ServedMount.StartAsync();
        VolumeInfo newer = ServedMount.Named(ServedMount.First.Uuid, Volumes.Small("1", 0, 1));
        BlockKey both = s_block with { X = 0 };
        await AssertShownAsync(mount, "0", s_block, TestVoxels.FileOf(ServedMount.First, s_block));
        await AssertShownAsync(mount, "0", both, TestVoxels.FileOf(ServedMount.First, both));
        await AssertShownAsync(mount, "1", both, TestVoxels.FileOf(newer, both, 1));
        await AssertShownAsync(mount, "mixedLatest", both, TestVoxels.FileOf(newer, both, 1));
        await AssertShownAsync(mount, "mixedLatest", s_block, TestVoxels.FileOf(ServedMount.First, s_block));
        await AssertShownAsync(
            mount, "latest", s_block, [.. TestVoxels.FileOf(newer, s_block)[..16], .. new byte[TestVoxels.FileOf(newer, s_block).Length - 16]]);

        string numbers = await Command.ShellAsync($"find {mount.Root} -printf '%i\\n' | sort | uniq -d");
        Assert.Equal("", numbers);
        string copy = Path.Join(mount.Scratch, "copy");
        await Command.RunCleanAsync("cp", "-r", $"{mount.Root}/{ServedMount.Second.Uuid}/0", copy);
        foreach (BlockKey key in TestVoxels.AllBlocks(ServedMount.Second))
        {
            string file = mount.PathOf(ServedMount.Second, "0", key)[($"{mount.Root}/{ServedMount.Second.Uuid}/0".Length + 1)..];
            Assert.Equal(TestVoxels.FileOf(ServedMount.Second, key), await File.ReadAllBytesAsync(Path.Join(copy, file)));
        }

        await Command.RunCleanAsync("diff", "-r", copy, $"{mount.Root}/{ServedMount.Second.Uuid}/0");
        MountStatus status = MountStatusJson.Read(
            await ControlClient.SendAsync(mount.Root, ControlCommand.Status, default, mount.Mount.Settings.RuntimeFolder));
        Assert.True(status.PageRuns > 0 && status.BytesRead > 0);
    }

    [MountFact]
    public async Task NoNameThatIsNoDatasetOrVersionReachesTheServer()
    {
        await using ServedMount mount = await ServedMount.StartAsync();
        string dataset = $"{mount.Root}/{ServedMount.First.Uuid}";
        await Command.RunCleanAsync("ls", dataset, $"{dataset}/0");
        long before = mount.Requests;
        string[] names =
        [
            "stop", "delete", "DELETE", "write", "read-write", "new", "latest", "all", "json", "datasets", "bdv", ".Trash", "-x", "a b", "a%2fb",
            "a?b", "a#b", "ä", "export.xml",
        ];
        foreach (string path in names.Select(n => $"{mount.Root}/{n}").Concat(
            names.Except(["latest", "all"]).Append("0\n").Append("00").Append("-1").Append("99999999999").Select(n => $"{dataset}/{n}")))
        {
            CommandResult result = await Command.RunAsync("stat", path);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains("No such file or directory", result.Errors, StringComparison.Ordinal);
        }

        foreach (string name in new[] { "delete", "stop", "1", "attributes.json", "settings" })
        {
            Assert.Equal(1, (await Command.RunAsync("stat", $"{dataset}/0/{name}")).ExitCode);
        }

        await Command.RunCleanAsync("stat", $"{dataset}/../{ServedMount.First.Uuid}/..");
        await Command.RunCleanAsync("ls", "-la", mount.Root);
        Assert.Equal(before, mount.Requests);
    }

    [MountFact]
    public async Task AnUnknownDatasetIsAskedForOnceAndIsNoFile()
    {
        await using ServedMount mount = await ServedMount.StartAsync(s => s with { MissingAge = TimeSpan.FromMinutes(5) });
        string path = $"{mount.Root}/22222222-aaaa-4bbb-8ccc-000000000002";
        long before = mount.Requests;
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal($"cat: {path}/0/export.xml: No such file or directory\n", (await Command.RunAsync("cat", path + "/0/export.xml")).Errors);
        }

        Assert.Equal(before + 1, mount.Requests);
        Assert.Equal("", await Command.RunCleanAsync("ls", mount.Root));
    }

    [MountFact]
    public async Task ManyProgramsThatNameAVersionAtOnceOpenItOnce()
    {
        using RecordingLog log = new();
        await using ServedMount mount = await ServedMount.StartAsync(logging: log);
        string path = $"{mount.Root}/{ServedMount.First.Uuid}/mixedLatest/export.xml";
        string[] sums = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Command.RunCleanAsync("md5sum", path)));
        Assert.Single(sums.Distinct());
        Assert.Single(log.Lines, l => l.Text.StartsWith("opened ", StringComparison.Ordinal));
    }

    [MountFact]
    public async Task WhileAServerIsGoneWhatIsOpenStaysAndWhatIsNotFailsUntilItIsBack()
    {
        using RecordingLog log = new();
        await using ServedMount mount = await ServedMount.StartAsync(logging: log);
        string first = $"{mount.Root}/{ServedMount.First.Uuid}";
        string second = $"{mount.Root}/{ServedMount.Second.Uuid}/latest/export.xml";
        string xml = await Command.RunCleanAsync("cat", $"{first}/0/export.xml");
        await mount.StopServerAsync();

        Assert.Equal(xml, await Command.RunCleanAsync("cat", $"{first}/0/export.xml"));
        Assert.Equal($"cat: {second}: Input/output error\n", (await Command.RunAsync("cat", second)).Errors);
        Assert.Equal($"cat: {first}/1/export.xml: Input/output error\n", (await Command.RunAsync("cat", $"{first}/1/export.xml")).Errors);
        Assert.Contains(log.Errors, l => l.Contains(ServedMount.Second.Uuid, StringComparison.Ordinal));

        await mount.StartServerAsync();
        await Command.RunCleanAsync("cat", second);
        await Command.RunCleanAsync("cat", $"{first}/1/export.xml");
        Assert.Null(mount.Mount.Status().Outage);
    }

    [MountFact]
    public async Task AWholeServerCanOnlyBeRead()
    {
        await using ServedMount mount = await ServedMount.StartAsync();
        string top = $"{mount.Root}/{ServedMount.First.Uuid}/0";
        CommandResult result = await Command.RunAsync("touch", $"{top}/export.settings.xml");
        Assert.Contains("Read-only file system", result.Errors, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", (await Command.RunAsync("mkdir", $"{mount.Root}/x")).Errors, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task AnUnchangingVersionDoesNotSettleThatOpensOfOthersAreNeverAsked()
    {
        await using ServedMount mount = await ServedMount.StartAsync(s => s with { MaxAge = TimeSpan.Zero });
        BlockKey key = s_block with { X = 0 };
        await Command.RunCleanAsync("md5sum", mount.PathOf(ServedMount.First, "0", key)); // version 0 is not the newest: never changes
        string changing = mount.PathOf(ServedMount.First, "1", key);
        string before = await Command.RunCleanAsync("md5sum", changing);
        DatasetWriter.WriteBlock(
            Path.Join(Path.GetDirectoryName(mount.Root)!, "origin"),
            ServedMount.Named(ServedMount.First.Uuid, Volumes.Small("1", 0, 1)),
            key,
            edition: 7);
        Assert.NotEqual(before, await Command.RunCleanAsync("md5sum", changing));
    }

    [MountFact]
    public async Task AKilledProgramIsGoneAlthoughTheServerDoesNotAnswer()
    {
        // A server that takes connections, answers the first request and never another.
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        string folder = Directory.CreateTempSubdirectory("datastorefs-test-").FullName;
        try
        {
            MountSettings settings = new()
            {
                Source = SourceAddress.Parse($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}"),
                MountPoint = folder,
                RuntimeFolder = folder + "-run",
            };
            Task<DataStoreMount> starting = DataStoreMount.StartAsync(settings, NullLoggerFactory.Instance, default);
            using Socket first = await listener.AcceptAsync();
            byte[] request = new byte[4096];
            Assert.True(await first.ReceiveAsync(request) > 0);
            await first.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 36\r\n\r\nDataset with UUID = nobody not found"u8.ToArray());
            await using DataStoreMount mount = await starting;
            using System.Diagnostics.Process waiting = Command.Start("ls", Path.Join(folder, "some-dataset"));
            Assert.True(await first.ReceiveAsync(request) > 0);
            waiting.Kill();
            await waiting.WaitForExitAsync();
            Assert.Equal("", await Command.RunCleanAsync("ls", folder));
        }
        finally
        {
            Directory.Delete(folder);
            Directory.Delete(folder + "-run", true);
        }
    }

    private static async Task AssertShownAsync(ServedMount mount, string version, BlockKey key, byte[] expected)
    {
        string copy = Path.Join(mount.Scratch, "block");
        await Command.RunCleanAsync("cp", mount.PathOf(ServedMount.First, version, key), copy);
        Assert.Equal(expected, await File.ReadAllBytesAsync(copy));
    }
}
