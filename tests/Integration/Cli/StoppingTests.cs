using System.Diagnostics;
using Integration.Mounts;
using Mono.Unix.Native;

namespace Integration.Cli;

/// <summary>A signal while programs have files open.</summary>
public class StoppingTests
{
    private const string Block = "export.n5/setup0/timepoint0/s2/0/0/0";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [MountFact]
    public async Task WhatIsHalfWrittenAtASignalCanBeFinished()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        string overlay = Path.Combine(fixture.Folder, "overlay");
        using Process mount = await StartAsync(
            fixture, "mount", "-f", $"{fixture.Source}/1", fixture.MountPoint, "--read-write", "--overlay", overlay,
            "--journal", Path.Combine(fixture.Folder, "journal"));
        byte[] content = await File.ReadAllBytesAsync(StoredBlock(fixture, 0));
        await using (FileStream block = Create($"{fixture.MountPoint}/{Block}"))
        await using (FileStream notes = Create($"{fixture.MountPoint}/notes.txt"))
        {
            block.Write(content.AsSpan(0, content.Length / 2));
            notes.Write("half "u8);
            Assert.Equal(0, Syscall.kill(mount.Id, Signum.SIGTERM));
            await SaysAsync(mount, "what is open in");
            Assert.Null(fixture.MountedType());
            block.Write(content.AsSpan(content.Length / 2));
            notes.Write("whole"u8);
        }

        Assert.Equal(0, (await CliProgram.RunAsync(mount)).ExitCode);
        Assert.True(File.Exists(StoredBlock(fixture, 1)));
        Assert.Equal("half whole", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(overlay, "notes.txt", SearchOption.AllDirectories))));
    }

    [MountFact]
    public async Task AnInterruptAfterTheFirstSignalEndsItAlthoughAFileIsOpen()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Process mount = await StartAsync(fixture, "mount", "-f", $"{fixture.Source}/0", fixture.MountPoint);
        using FileStream open = File.OpenRead($"{fixture.MountPoint}/export.xml");
        Assert.Equal(0, Syscall.kill(mount.Id, Signum.SIGTERM));
        await SaysAsync(mount, "what is open in");
        Assert.Equal(0, Syscall.kill(mount.Id, Signum.SIGINT));
        Assert.Equal(128 + (int)Signum.SIGINT, (await CliProgram.RunAsync(mount)).ExitCode);
        Assert.Null(fixture.MountedType());
    }

    [MountFact]
    public async Task ASignalAfterALazyUnmountEndsItWithSuccess()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        using Process mount = await StartAsync(fixture, "mount", "-f", $"{fixture.Source}/0", fixture.MountPoint);
        await using (FileStream open = File.OpenRead($"{fixture.MountPoint}/export.xml"))
        {
            Assert.Equal(0, (await CliProgram.RunAsync("umount", "--lazy", fixture.MountPoint)).ExitCode);
            Assert.Equal(0, Syscall.kill(mount.Id, Signum.SIGTERM));
            await SaysAsync(mount, "what is open in");
            Assert.Contains("bdv.n5", await new StreamReader(open).ReadToEndAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(0, (await CliProgram.RunAsync(mount)).ExitCode);
    }

    [MountFact]
    public async Task ASignalToAMountThatSomebodyElseMadeEndsItWithSuccess()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        const string mounter = """
            import ctypes, os, sys
            device = os.open("/dev/fuse", os.O_RDWR)
            os.set_inheritable(device, True)
            options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
            assert ctypes.CDLL(None).mount(b"passed", sys.argv[1].encode(), b"fuse.datastorefs", 0, options) == 0
            os.execv(sys.argv[2], [sys.argv[2], "mount", "-f", sys.argv[3], f"/dev/fd/{device}"])
            """;
        using Process mount = CliProgram.StartProgram(
            "python3", ["-c", mounter, fixture.MountPoint, CliProgram.Path, $"{fixture.Source}/0"], environment: null);
        await SaysAsync(mount, "is mounted on /dev/fd/");
        await using (FileStream open = File.OpenRead($"{fixture.MountPoint}/export.xml"))
        {
            Assert.Equal(0, Syscall.kill(mount.Id, Signum.SIGTERM));
            await SaysAsync(mount, "s to unmount it");
            Assert.Contains("bdv.n5", await new StreamReader(open).ReadToEndAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(0, (await CliProgram.RunAsync("umount", "--lazy", fixture.MountPoint)).ExitCode);
        Assert.Equal(0, (await CliProgram.RunAsync(mount)).ExitCode);
    }

    /// <summary>Returns when the tree can be read.</summary>
    private static async Task<Process> StartAsync(CliFixture fixture, params string[] args)
    {
        Process mount = CliProgram.Start(args);
        await SaysAsync(mount, $"is mounted on {fixture.MountPoint}");
        return mount;
    }

    /// <summary>Reads the log up to that line.</summary>
    private static async Task SaysAsync(Process mount, string part)
    {
        using CancellationTokenSource patience = new(s_patience);
        string said = "";
        while (await mount.StandardError.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Contains(part, StringComparison.Ordinal))
            {
                return;
            }

            said += line + "\n";
        }

        Assert.Fail($"it ended without saying '{part}': {said}");
    }

    private static FileStream Create(string path) => new(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    private static string StoredBlock(CliFixture fixture, int version) => Path.Combine(fixture.Folder, $"store/{CliFixture.Uuid}/{version}/{Block}");
}
