using System.IO.Compression;
using DataStoreFS.Model;

namespace Integration.Mounts;

/// <summary>Blocks that foreign programs write through a mount are on the server when they have closed them.</summary>
public sealed class WritingTests
{
    private static readonly BlockKey s_full = new(0, 0, 0, 0, 1, 1, 1);
    private static readonly BlockKey s_edge = new(0, 1, 2, 1, 1, 1, 2);

    public static TheoryData<string> Ways() =>
    [
        "cp {0} {1}",
        "dd if={0} of={1} bs=512 status=none",
        "cp {0} {2}/tmp && mv {2}/tmp {1}",
        "cp {0} {3}/.7.partial && mv -f {3}/.7.partial {1}",
        "rsync --inplace {0} {1}",
        "rsync -a {0} {1}",
        "python3 -c \"import os,fcntl,sys; d=open('{0}','rb').read(); f=os.open('{1}',os.O_RDWR|os.O_CREAT,0o666); fcntl.lockf(f,fcntl.LOCK_EX);"
            + " os.fstat(f).st_size and os.ftruncate(f,0); [os.write(f,d[i:i+512]) for i in range(0,len(d),512)]; os.close(f)\"",
        "python3 -c \"import mmap,os; d=open('{0}','rb').read(); f=open('{1}','w+b'); f.truncate(len(d)); m=mmap.mmap(f.fileno(),len(d)); "
            + "m[:]=d; m.close(); f.close()\"",
    ];

    [MountTheory]
    [MemberData(nameof(Ways))]
    public async Task AWrittenBlockIsOnTheServerWhenTheProgramHasEnded(string way)
    {
        foreach (bool existing in new[] { false, true })
        {
            await using MountedDataset mounted = await MountedDataset.StartAsync(
                Volumes.Small(), k => existing, MountedDataset.Writable);
            foreach (BlockKey key in new[] { s_full, s_edge })
            {
                byte[] written = TestVoxels.FileOf(mounted.Volume, key, edition: 5);
                string source = Path.Join(mounted.Scratch, "block");
                await File.WriteAllBytesAsync(source, written);
                string target = mounted.PathOf(key);
                await Command.ShellAsync(
                    string.Format(
                        System.Globalization.CultureInfo.InvariantCulture, way, source, target, mounted.Root, Path.GetDirectoryName(target)));
                Assert.Equal(written, mounted.Stored(key));
                await Command.RunCleanAsync("cmp", source, target);
            }
        }
    }

    /// <summary>As on a local disk: who has the file open goes on with one that has no name any more.</summary>
    [MountTheory]
    [InlineData("O_WRONLY", true)]
    [InlineData("O_RDWR", true)]
    [InlineData("O_WRONLY", false)]
    [InlineData("O_RDWR", false)]
    public async Task WhatIsRenamedOntoABlockStaysAlthoughAHandleOfTheOldOneIsClosedLater(string mode, bool existing)
    {
        const string Script = """
            import os, sys
            new = open(sys.argv[1], 'rb').read()
            old = os.open(sys.argv[2], getattr(os, sys.argv[3]) | os.O_CREAT | os.O_TRUNC)
            os.write(old, new[:16] + bytes(len(new) - 16))
            temporary = os.path.dirname(sys.argv[2]) + '/.new'
            open(temporary, 'wb').write(new)
            os.rename(temporary, sys.argv[2])
            assert open(sys.argv[2], 'rb').read() == new
            os.pwrite(old, bytes(100), 16)
            os.close(old)
            assert open(sys.argv[2], 'rb').read() == new
            """;
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), _ => existing, MountedDataset.Writable);
        string source = Path.Join(mounted.Scratch, "block");
        byte[] written = TestVoxels.FileOf(mounted.Volume, s_full, edition: 5);
        await File.WriteAllBytesAsync(source, written);
        await Command.RunCleanAsync("python3", "-c", Script, source, mounted.PathOf(s_full), mode);
        Assert.Equal(written, mounted.Stored(s_full));
        await Command.RunCleanAsync("cmp", source, mounted.PathOf(s_full));
    }

    [MountTheory]
    [InlineData("O_WRONLY")]
    [InlineData("O_RDWR")]
    public async Task ACompressedBlockIsItsRawImageFromTheMomentThatCloseReturns(string mode)
    {
        // close() of a duplicate: FLUSH is answered, and RELEASE, which the kernel sends in its own time, has not come.
        const string Script = """
            import gzip, os, sys
            data = open(sys.argv[1], 'rb').read()
            out = os.open(sys.argv[2], getattr(os, sys.argv[3]) | os.O_CREAT | os.O_TRUNC)
            os.write(out, data[:16] + gzip.compress(data[16:]))
            os.close(os.dup(out))
            assert os.stat(sys.argv[2]).st_size == len(data), os.stat(sys.argv[2]).st_size
            assert open(sys.argv[2], 'rb').read() == data
            other, half = data[:16] + data[16:][::-1], len(data) // 2
            place = os.open(sys.argv[2], os.O_RDWR)
            os.pwrite(place, other[half:], half)
            os.pwrite(place, other[:half], 0)
            os.close(place)
            os.close(out)
            assert open(sys.argv[2], 'rb').read() == other
            """;
        foreach (bool existing in new[] { false, true })
        {
            await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), k => existing, MountedDataset.Writable);
            byte[] written = TestVoxels.FileOf(mounted.Volume, s_full, edition: 5);
            string source = Path.Join(mounted.Scratch, "block");
            await File.WriteAllBytesAsync(source, written);
            await Command.RunCleanAsync("python3", "-c", Script, source, mounted.PathOf(s_full), mode);
            Assert.Equal([.. written[..16], .. written[16..].AsEnumerable().Reverse()], mounted.Stored(s_full)!);
        }
    }

    [MountFact]
    public async Task ACompressedBlockIsItsRawImageAlthoughAReaderHasItOpen()
    {
        const string Script = """
            import gzip, os, sys
            data = open(sys.argv[1], 'rb').read()
            packed = data[:16] + gzip.compress(data[16:])
            out = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(out, packed[:50])
            reader = os.open(sys.argv[2], os.O_RDONLY)
            assert os.pread(reader, 100, 0) == packed[:50]
            os.write(out, packed[50:])
            os.close(out)
            assert os.stat(sys.argv[2]).st_size == len(data), os.stat(sys.argv[2]).st_size
            assert open(sys.argv[2], 'rb').read() == data
            assert os.pread(reader, 2 * len(data), 0) == data
            place = os.open(sys.argv[2], os.O_RDWR)
            os.pwrite(place, b'\0\1', 16)
            os.close(place)
            os.close(reader)
            assert open(sys.argv[2], 'rb').read() == data[:16] + b'\0\1' + data[18:]
            """;
        foreach (bool existing in new[] { false, true })
        {
            await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), k => existing, MountedDataset.Writable);
            byte[] written = TestVoxels.FileOf(mounted.Volume, s_full, edition: 5);
            string source = Path.Join(mounted.Scratch, "block");
            await File.WriteAllBytesAsync(source, written);
            await Command.RunCleanAsync("python3", "-c", Script, source, mounted.PathOf(s_full));
            (written[16], written[17]) = (0, 1);
            Assert.Equal(written, mounted.Stored(s_full));
        }
    }

    [MountTheory]
    [InlineData(512)]
    [InlineData(5000)]
    [InlineData(1 << 20)]
    public async Task WhoReadsABlockWhileItIsWrittenSeesEveryWriteAndTheWholeOfItInTheEnd(int piece)
    {
        const string Script = """
            import os, sys
            data = open(sys.argv[1], 'rb').read()
            piece = int(sys.argv[3])
            for mode in (os.O_WRONLY, os.O_RDWR):
                data = bytes(data[:16]) + bytes(data[16:])[::-1]
                out = os.open(sys.argv[2], mode | os.O_CREAT | os.O_TRUNC)
                read = os.open(sys.argv[2], os.O_RDONLY)
                for at in range(0, len(data), piece):
                    os.pwrite(out, data[at:at + piece], at)
                    assert os.fstat(read).st_size == min(at + piece, len(data))
                    assert os.pread(read, len(data), 0) == data[:at + piece], (mode, at)
                os.close(out)
                assert os.pread(read, len(data), 0) == data, mode
                os.close(read)
                assert open(sys.argv[2], 'rb').read() == data, mode
            """;
        foreach (bool existing in new[] { false, true })
        {
            await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), _ => existing, MountedDataset.Writable);
            foreach (BlockKey key in new[] { s_full, s_edge })
            {
                byte[] written = TestVoxels.FileOf(mounted.Volume, key, edition: 7);
                string source = Path.Join(mounted.Scratch, "block");
                await File.WriteAllBytesAsync(source, written);
                await Command.RunAsync("cat", mounted.PathOf(key)); // old pages, where there are any
                await Command.RunCleanAsync(
                    "python3", "-c", Script, source, mounted.PathOf(key), piece.ToString(System.Globalization.CultureInfo.InvariantCulture));
                Assert.Equal(written, mounted.Stored(key)); // turned round twice
            }
        }
    }

    [MountFact]
    public async Task ACompressedBlockBecomesItsRawImageForReaders()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), static _ => false, MountedDataset.Writable);
        byte[] raw = TestVoxels.FileOf(mounted.Volume, s_full, edition: 2);
        string source = Path.Join(mounted.Scratch, "block.gz");
        string expected = Path.Join(mounted.Scratch, "block");
        await using (FileStream file = File.Create(source))
        {
            await file.WriteAsync(raw.AsMemory(0, 16));
            await using GZipStream gzip = new(file, CompressionLevel.Fastest);
            await gzip.WriteAsync(raw.AsMemory(16));
        }

        await File.WriteAllBytesAsync(expected, raw);
        await Command.RunCleanAsync("cp", source, mounted.PathOf(s_full));
        Assert.Equal(raw, mounted.Stored(s_full));
        await Command.RunCleanAsync("cmp", expected, mounted.PathOf(s_full));
    }

    [MountFact]
    public async Task WhatIsNoBlockIsRefusedAtCloseAndTheServerIsNotAsked()
    {
        using RecordingLog log = new();
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), static _ => true, MountedDataset.Writable, logging: log);
        string target = mounted.PathOf(s_full);
        CommandResult result = await Command.RunAsync("cp", "/etc/passwd", target);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Invalid argument", result.Errors, StringComparison.Ordinal);
        Assert.Contains(log.Lines, l => l.Text.Contains("setup0/timepoint3/s0/1/1/1", StringComparison.Ordinal));
        Assert.Equal(TestVoxels.FileOf(mounted.Volume, s_full), mounted.Stored(s_full));
        string original = Path.Join(mounted.Scratch, "original");
        await File.WriteAllBytesAsync(original, TestVoxels.FileOf(mounted.Volume, s_full));
        CommandResult compared = new(1, "", "");
        for (int i = 0; i < 500 && compared.ExitCode != 0; i++)
        {
            compared = await Command.RunAsync("cmp", original, target);
        }

        Assert.Equal(0, compared.ExitCode);
        Assert.Equal(0, mounted.Server.Counters.BlocksWritten);
    }

    [MountTheory]
    [InlineData("touch {0}", "")]
    [InlineData("rm -f {0}", "Operation not permitted")]
    [InlineData("truncate -s 0 {0}", "Operation not permitted")]
    [InlineData(": > {0}", "")] // the shell does not look at close()
    [InlineData("mv {0} {1}/elsewhere", "Operation not permitted")]
    [InlineData("ln {0} {1}/elsewhere", "Operation not permitted")]
    [InlineData("cp {2} {1}/export.n5/setup0/timepoint3/s0/0/0/99", "Invalid argument")]
    [InlineData("mkdir {1}/export.n5/setup0/timepoint3/s0/99", "Invalid argument")]
    [InlineData("chmod 600 {0} && touch -d 2001-01-01 {0}", "")]
    public async Task TheServersBlocksAreSafeFromWhatTheProtocolCannotDo(string script, string complaint)
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(Volumes.Small(), static _ => true, MountedDataset.Writable);
        string sample = Path.Join(mounted.Scratch, "sample");
        await File.WriteAllBytesAsync(sample, TestVoxels.FileOf(mounted.Volume, s_full));
        CommandResult result = await Command.RunAsync(
            "/bin/sh", "-c", string.Format(System.Globalization.CultureInfo.InvariantCulture, script, mounted.PathOf(s_full), mounted.Root, sample));
        Assert.Contains(complaint, result.Errors, StringComparison.Ordinal);
        Assert.Equal(complaint.Length == 0, result.Errors.Length == 0);
        Assert.Equal(TestVoxels.FileOf(mounted.Volume, s_full), mounted.Stored(s_full));
        Assert.Equal(0, mounted.Server.Counters.BlocksWritten);
    }

    [MountFact]
    public async Task MixedLatestTakesFilesBesideTheDataButNoBlocks()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), static _ => true, MountedDataset.Writable, "mixedLatest");
        CommandResult result = await Command.RunAsync("cp", "/etc/passwd", mounted.PathOf(s_full));
        Assert.Contains("Read-only file system", result.Errors, StringComparison.Ordinal);
        await Command.ShellAsync($"echo settings > {mounted.Root}/export.settings.xml");
        Assert.Equal("settings\n", await Command.RunCleanAsync("cat", mounted.Root + "/export.settings.xml"));
    }

    [MountFact]
    public async Task AnErrorOfTheServerReachesClose()
    {
        await using MountedDataset mounted = await MountedDataset.StartAsync(
            Volumes.Small(), static _ =>
                false, s => MountedDataset.Writable(s) with { RequestTimeout = TimeSpan.FromSeconds(1), DrainTimeout = TimeSpan.FromSeconds(1) });
        string source = Path.Join(mounted.Scratch, "block");
        await File.WriteAllBytesAsync(source, TestVoxels.FileOf(mounted.Volume, s_full));
        await Command.RunCleanAsync("ls", Path.GetDirectoryName(mounted.PathOf(s_full))!);
        await mounted.Server.DisposeAsync();
        CommandResult result = await Command.RunAsync("dd", $"if={source}", $"of={mounted.PathOf(s_full)}", "bs=1M");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Input/output error", result.Errors, StringComparison.Ordinal);
        Assert.Equal(1, mounted.Mount.Status().WriteBack!.PendingBlocks);
    }
}
