using System.Diagnostics;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Overlay;
using DataStoreFS.Tests.Overlay;
using DataStoreFS.Transfer;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>A real full disk: a small tmpfs in a mount namespace of a child's own, so that nothing of it is seen outside.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task AFullDiskIsNoSpaceNothingIsLostAndItGoesOnWhenSpaceReturns()
    {
        using TemporaryFolder folder = new();
        string script = $"mount -t tmpfs -o size=512k tmpfs '{folder.Path}' || exit 77; "
            + $"exec {ChildProcess.CommandLine($"full-disk '{folder.Path}'")}";
        string[] unshare = Environment.UserName == "root" ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
        using Process child = ChildProcess.Start("unshare", [.. unshare, "sh", "-c", script]);
        string output = await child.StandardOutput.ReadToEndAsync();
        string errors = await child.StandardError.ReadToEndAsync();
        await child.WaitForExitAsync();

        // 77: this machine lets nobody mount; unshare itself answers 1 where namespaces are forbidden, before the child says anything.
        bool forbidden = child.ExitCode == 77 || (child.ExitCode == 1 && output.Length == 0 && errors.Contains("unshare", StringComparison.Ordinal));
        Assert.True(forbidden || child.ExitCode == 0, output + errors);
    }

    /// <summary>The child.</summary>
    public static async Task<int> RunAsync(string folder)
    {
        try
        {
            Console.WriteLine("journal");
            await FillJournalAsync(Path.Combine(folder, "journal"));
            Console.WriteLine("completions");
            await CompleteWithoutSpaceAsync(Path.Combine(folder, "completions"));
            Console.WriteLine("progress");
            WriteProgress(folder);
            Console.WriteLine("overlay");
            FillOverlay(Path.Combine(folder, "overlay"));
            return 0;
        }
        catch (Exception fault)
        {
            Console.WriteLine(fault);
            return 2;
        }
    }

    private static async Task FillJournalAsync(string folder)
    {
        using NativeBlockPool pool = new();
        List<(int X, long Sequence)> kept = [];
        Journal journal = Journal.Open(folder, "http://d", 16 << 20, pool, NullLogger.Instance);
        DataStoreException? full = null;
        for (int x = 0; full is null && x < 1000; x++)
        {
            try
            {
                kept.Add((x, await AppendAsync(journal, pool, x)));
            }
            catch (DataStoreException fault)
            {
                full = fault;
            }
        }

        Assert.Equal(DataStoreErrorKind.NoSpace, full!.Kind);
        Assert.Contains("disk", full.Message, StringComparison.Ordinal);
        Assert.True(kept.Count > 20);
        Check(journal, kept);
        await journal.DisposeAsync();

        journal = Journal.Open(folder, "http://d", 16 << 20, pool, NullLogger.Instance);
        Assert.Equal(kept.Select(k => k.X), journal.Recovered.Select(e => e.Address.X));
        Check(journal, kept);
        await Assert.ThrowsAsync<DataStoreException>(() => AppendManyAsync(journal, pool));

        // Space returns when the server has taken the blocks.
        foreach ((int x, long sequence) in kept)
        {
            _ = journal.CompleteAsync(TestVolume.At(x), sequence).ContinueWith(t => t.Exception, TaskScheduler.Default);
        }

        await journal.SettleAsync();
        long after = await AppendAsync(journal, pool, 5000);
        Check(journal, [(5000, after)]);
        await journal.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A block's newer version is not told to be safe while a later process would send its older one, which the server has.</summary>
    private static async Task CompleteWithoutSpaceAsync(string folder)
    {
        using NativeBlockPool pool = new();
        Journal journal = Journal.Open(folder, "http://d", 16 << 20, pool, NullLogger.Instance);
        List<long> sequences = [];
        for (int x = 0; x < 120; x++)
        {
            sequences.Add(await AppendAsync(journal, pool, x, voxels: 16 * 32));
        }

        string rest = Path.Combine(folder, "rest");
        Assert.Throws<IOException>(() => File.WriteAllBytes(rest, new byte[1 << 20]));
        int failed = 1; // the first one keeps the file
        for (; (await CompleteAsync(failed)) is null; failed++)
        {
            Assert.True(failed < sequences.Count - 1, "the disk is not full");
        }

        DataStoreException? newer = await CompleteAsync(failed, journal.NextSequence());
        Assert.Equal(DataStoreErrorKind.NoSpace, newer?.Kind);
        File.Delete(rest);
        Assert.Null(await CompleteAsync(failed, journal.NextSequence()));

        // As kill -9 would leave it.
        string killed = Path.Combine(folder, "killed");
        Directory.CreateDirectory(killed);
        foreach (string file in Directory.GetFiles(folder, "*.journal"))
        {
            File.Copy(file, Path.Combine(killed, Path.GetFileName(file)));
        }

        Journal next = Journal.Open(killed, "http://d", 16 << 20, pool, NullLogger.Instance);
        Assert.Equal([0, .. Enumerable.Range(failed + 1, sequences.Count - failed - 1)], next.Recovered.Select(e => e.Address.X));
        await next.DisposeAsync();
        await journal.DisposeAsync();
        Directory.Delete(folder, recursive: true);

        async Task<DataStoreException?> CompleteAsync(int x, long? sequence = null)
        {
            try
            {
                await journal.CompleteAsync(TestVolume.At(x), sequence ?? sequences[x]);
                return null;
            }
            catch (DataStoreException fault)
            {
                return fault;
            }
        }
    }

    private static async Task AppendManyAsync(Journal journal, NativeBlockPool pool)
    {
        for (int i = 0; i < 1000; i++)
        {
            long sequence = await AppendAsync(journal, pool, 10_000 + i);
            await journal.CompleteAsync(TestVolume.At(10_000 + i), sequence);
        }
    }

    /// <summary>What a full disk takes of a line is not read together with the next one.</summary>
    private static void WriteProgress(string folder)
    {
        string path = Path.Combine(folder, "progress");
        string rest = Path.Combine(folder, "rest");
        Dictionary<int, ImageProgress> written = [];
        using (ProgressFile progress = ProgressFile.Open(path))
        {
            progress.Start("{\"a\":1}");
            Assert.Throws<IOException>(() => File.WriteAllBytes(rest, new byte[1 << 20]));
            int image = 1_000_000; // lines of 12 bytes: the last one on the page is torn
            for (; TryWrite(image); image++)
            {
                Assert.True(written.Count < 4096, "the disk is not full");
            }

            File.Delete(rest);
            Assert.True(TryWrite(4));

            bool TryWrite(int number)
            {
                try
                {
                    progress.Write(number, new ImageProgress(9, 9));
                    written.Add(number, new ImageProgress(9, 9));
                    return true;
                }
                catch (DataStoreException)
                {
                    return false;
                }
            }
        }

        using (ProgressFile read = ProgressFile.Open(path))
        {
            Assert.Equal(written.Keys.Order(), Enumerable.Range(0, 1_100_000).Where(i => read[i].Done > 0));
        }

        File.Delete(path);
    }

    private static void FillOverlay(string folder)
    {
        LowerTreeStub lower = new();
        using OverlayStore store = OverlayStore.Open(folder, lower);
        Assert.Equal(0, store.CreateFile("big", 1, 0x1A4, LowerTreeStub.Owner, out OverlayFile? file));
        byte[] data = new byte[64 << 10];
        int error = 0;
        long written = 0;
        using (file)
        {
            for (int i = 0; error == 0 && i < 100; i++)
            {
                error = file!.Write(written, data, out int count);
                written += count;
            }

            Assert.Equal(PosixErrno.ENOSPC, error);
            Assert.Equal(0, file!.GetStat(out OverlayStat stat));
            Assert.Equal(written, stat.Size);
        }

        Assert.Equal(PosixErrno.ENOSPC, store.OpenFile("export.xml", 1, out _));
        Assert.Equal(0, store.Find("export.xml", out OverlayKind kind, out _));
        Assert.Equal(OverlayKind.Lower, kind);
        Assert.Equal(0, store.RemoveFile("big"));
        Assert.Equal(0, store.OpenFile("export.xml", 1, out OverlayFile? changed));
        using (changed)
        {
            Assert.Equal(0, changed!.Write(0, Encoding.UTF8.GetBytes("<"), out _));
        }

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(folder, "work")));
    }

    private static async Task<long> AppendAsync(Journal journal, NativeBlockPool pool, int x, int voxels = 16 * 300)
    {
        BlockBuffer block = TestVolume.Block(pool, x & 0xFF, voxels);
        try
        {
            long sequence = journal.NextSequence();
            await journal.AppendAsync(TestVolume.At(x), sequence, block, CancellationToken.None);
            return sequence;
        }
        finally
        {
            block.Release();
        }
    }

    private static void Check(Journal journal, List<(int X, long Sequence)> kept)
    {
        foreach ((int x, long sequence) in kept)
        {
            BlockBuffer block = journal.Read(sequence)!;
            Assert.Equal(x & 0xFF, TestVolume.ValueOf(block));
            block.Release();
        }
    }
}
