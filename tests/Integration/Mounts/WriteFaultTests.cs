using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Server;
using DataStoreFS.WriteBack;

namespace Integration.Mounts;

/// <summary>What the server says to a block is what close(2) says to the program that wrote it, whatever program that is.</summary>
public sealed class WriteFaultTests
{
    private static readonly BlockKey s_key = new(0, 0, 0, 0, 1, 1, 1);

    // {0} a block file elsewhere, {1} the block in the mount, {2} its folder, {3} the tree
    private static readonly string[] s_tools =
    [
        "cp {0} {1}",
        "dd if={0} of={1} bs=512 status=none",
        "rsync --inplace {0} {1}",
        "rsync -a {0} {1}",
        "cp {0} {2}/.1.partial && mv -f {2}/.1.partial {1}",
        "/usr/bin/python3 -c \"import os,fcntl; d=open('{0}','rb').read(); f=os.open('{1}',os.O_RDWR|os.O_CREAT,0o666); fcntl.lockf(f,fcntl.LOCK_EX);"
            + " os.fstat(f).st_size and os.ftruncate(f,0); [os.write(f,d[i:i+512]) for i in range(0,len(d),512)]; os.close(f)\"",
        "/usr/bin/python3 -c \"import zarr; a=zarr.open_array(zarr.N5Store('{3}'),path='setup0/timepoint3/s0',mode='r+'); c=a.chunks; "
            + "a[c[0]:2*c[0],c[1]:2*c[1],c[2]:2*c[2]]=7\"",
        "/usr/bin/python3 -c \"import zarr; from zarr.n5 import N5FSStore; a=zarr.open_array(N5FSStore('{3}'),path='setup0/timepoint3/s0',mode='r+');"
            + " c=a.chunks; a[c[0]:2*c[0],c[1]:2*c[1],c[2]:2*c[2]]=7\"",
    ];

    public static TheoryData<string, int, string> Cases()
    {
        TheoryData<string, int, string> cases = [];
        foreach (string tool in s_tools)
        {
            cases.Add(tool, 403, "Permission denied");
            cases.Add(tool, 400, "Input/output error");
        }

        return cases;
    }

    [MountTheory]
    [MemberData(nameof(Cases))]
    public async Task EveryToolHearsTheServersRefusal(string tool, int status, string complaint)
    {
        Faults faults = new() { Script = http => http.Request.Method == "POST" ? FaultAction.Status(status, "no") : null };
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(),
            static _ => true,
            settings => MountedDataset.Writable(settings) with { DrainTimeout = TimeSpan.FromSeconds(1) },
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Faults = faults });
        byte[] before = mounted.Stored(s_key)!;
        string source = Path.Join(mounted.Scratch, "block");
        await File.WriteAllBytesAsync(source, TestVoxels.FileOf(mounted.Volume, s_key, edition: 5));
        string target = mounted.PathOf(s_key);
        CommandResult result = await Command.RunAsync(
            "/bin/sh",
            "-c",
            string.Format(CultureInfo.InvariantCulture, tool, source, target, Path.GetDirectoryName(target), mounted.Root + "/export.n5"));

        // In full: this failed once in some twenty runs, and nothing told which of the three it was.
        Assert.True(
            result.ExitCode != 0 && result.Errors.Contains(complaint, StringComparison.Ordinal), $"exit code {result.ExitCode}: {result.Errors}");
        Assert.Equal(before, mounted.Stored(s_key));
    }

    [MountFact]
    public async Task WhatTheServerRefusesAfterCloseIsNotShownAnyMoreAndUnmountingSaysSo()
    {
        int status = 503;
        Faults faults = new() { Script = http => http.Request.Method == "POST" ? FaultAction.Status(Volatile.Read(ref status), "no") : null };
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(),
            static _ => true,
            settings => MountedDataset.Writable(settings) with { WriteBack = WriteBackMode.Journal },
            options: folder => new DataStoreServerOptions { Folder = folder, Urls = ["http://127.0.0.1:0"], Faults = faults });
        string block = mounted.PathOf(s_key);
        string copy = Path.Join(mounted.Scratch, "copy");
        string source = Path.Join(mounted.Scratch, "block");
        await Command.RunCleanAsync("/bin/cp", block, copy);
        byte[] before = await File.ReadAllBytesAsync(copy);
        byte[] written = TestVoxels.FileOf(mounted.Volume, s_key, edition: 5);
        await File.WriteAllBytesAsync(source, written);
        await Command.RunCleanAsync("/bin/cp", source, block);
        await Command.RunCleanAsync("/bin/cp", block, copy);
        Assert.Equal(written, await File.ReadAllBytesAsync(copy));

        Volatile.Write(ref status, 400);
        CommandResult synced = await Command.RunAsync("/usr/bin/python3", "-c", $"import os; os.fsync(os.open('{block}', os.O_RDWR))");
        Assert.Contains("Input/output error", synced.Errors, StringComparison.Ordinal);
        await Command.RunCleanAsync("/bin/cp", block, copy);
        Assert.Equal(before, await File.ReadAllBytesAsync(copy));
        string answer = await ControlClient.SendAsync(mounted.Root, ControlCommand.Stop, default, mounted.RuntimeFolder);
        string parked = mounted.Mount.Settings.JournalFolder + "/parked";
        Assert.Equal(
            $"{mounted.Root} is unmounted; the server refused 1 blocks, which are kept in {parked} with the reasons: copy or remove them", answer);
    }
}
