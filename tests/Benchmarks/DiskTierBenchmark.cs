using System.Diagnostics;
using System.Globalization;
using DataStoreFS.Caching;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Benchmarks;

/// <summary>
/// <c>disk FOLDER [BLOCKS] [VOXELS]</c>: the disk tier against plain files of the same bytes in the same folder, eight readers, in the page cache and
/// after the pages were given back (posix_fadvise, so that no privilege is needed). Not a BenchmarkDotNet class: what is measured includes the disk.
/// </summary>
internal static partial class DiskTierBenchmark
{
    private const int Readers = 8;

    public static async Task<int> RunAsync(string folder, int blocks, int edge)
    {
        string root = Path.Combine(Path.GetFullPath(folder), $"disk-tier-{Environment.ProcessId}");
        string plain = Path.Combine(root, "plain");
        Directory.CreateDirectory(plain);
        using NativeBlockPool pool = new(256 << 20);
        VolumeInfo volume = Geometry(blocks, edge);
        await using (DiskTier tier = DiskTier.Open(new DiskTierOptions(Path.Combine(root, "tier"), 1L << 40), pool, NullLogger.Instance))
        {
            tier.RegisterVolume(volume, "http://bench.example", Timeout.InfiniteTimeSpan);
            await FillAsync(tier, pool, volume, plain, blocks);
            await DiskSyncAsync(root);
            int[] order = [.. Enumerable.Range(0, blocks)];
            new Random(1).Shuffle(order);
            long bytes = (long)blocks * (BlockBuffer.HeaderBytes + (2L * edge * edge * edge));
            for (int repetition = 0; repetition < 3; repetition++)
            {
                Report("plain files, in memory", bytes, await TimeAsync(order, block => ReadPlain(plain, block, pool)));
                Report("disk tier,   in memory", bytes, await TimeAsync(order, block => ReadTierAsync(tier, block)));
                DropPages(root);
                Report("plain files, from disk", bytes, await TimeAsync(order, block => ReadPlain(plain, block, pool)));
                DropPages(root);
                Report("disk tier,   from disk", bytes, await TimeAsync(order, block => ReadTierAsync(tier, block)));
            }

            Console.WriteLine(tier.Statistics);
        }

        Directory.Delete(root, true);
        return 0;
    }

    private static async Task FillAsync(DiskTier tier, NativeBlockPool pool, VolumeInfo volume, string plain, int blocks)
    {
        Size3 size = volume.Setups[0].Levels[0].BlockSize;
        BlockBuffer block = pool.Rent(BlockBuffer.HeaderBytes + (2 * (int)size.Count));
        N5Header.Write(block.GetSpan(), size);
        new Random(1).NextBytes(block.WritablePayload);
        long bytes = (long)blocks * block.Length;
        (Stopwatch watch, TimeSpan before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        for (int i = 0; i < blocks; i++)
        {
            await using FileStream file = new(
                Path.Combine(plain, i.ToString(CultureInfo.InvariantCulture)), FileMode.Create, FileAccess.Write, FileShare.None, 0);
            await file.WriteAsync(block.Memory);
        }

        Report("plain files, written  ", bytes, (watch.Elapsed, Environment.CpuUsage.TotalTime - before));
        (watch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        for (int i = 0; i < blocks; i++)
        {
            tier.Keep(new BlockKey(0, 0, 0, 0, i, 0, 0), block, DateTimeOffset.UtcNow);
            if (i % 16 == 15)
            {
                await tier.FlushAsync();
            }
        }

        await tier.FlushAsync();
        Report("disk tier,   written  ", bytes, (watch.Elapsed, Environment.CpuUsage.TotalTime - before));
        block.Release();
    }

    private static async Task<(TimeSpan Wall, TimeSpan Processor)> TimeAsync(int[] order, Func<int, ValueTask> read)
    {
        int next = -1;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int i = Interlocked.Increment(ref next); i < order.Length; i = Interlocked.Increment(ref next))
                {
                    ValueTask task = read(order[i]);
                    if (!task.IsCompletedSuccessfully)
                    {
                        task.AsTask().GetAwaiter().GetResult();
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        return (watch.Elapsed, Environment.CpuUsage.TotalTime - before);
    }

    private static ValueTask ReadPlain(string folder, int index, NativeBlockPool pool)
    {
        using SafeFileHandle file = File.OpenHandle(Path.Combine(folder, index.ToString(CultureInfo.InvariantCulture)));
        BlockBuffer block = pool.Rent((int)RandomAccess.GetLength(file));
        _ = RandomAccess.Read(file, block.GetSpan(), 0);
        block.Release();
        return ValueTask.CompletedTask;
    }

    private static async ValueTask ReadTierAsync(DiskTier tier, int index)
    {
        TierAnswer answer = await tier.ReadAsync(new BlockKey(0, 0, 0, 0, index, 0, 0), true, CancellationToken.None).ConfigureAwait(false);
        (answer.Block ?? throw new InvalidOperationException($"block {index} is not in the tier")).Release();
    }

    private static void Report(string what, long bytes, (TimeSpan Wall, TimeSpan Processor) time) =>
        Console.WriteLine($"{what}  {bytes / 1e6 / time.Wall.TotalSeconds,8:F0} MB/s  {time.Processor.TotalSeconds / (bytes / 1e9),6:F3} CPU s/GB");

    private static VolumeInfo Geometry(int blocks, int edge)
    {
        LevelInfo level = new(0, new Size3(1, 1, 1), new Size3((long)blocks * edge, edge, edge), new Size3(edge, edge, edge));
        return new VolumeInfo
        {
            Volume = 0,
            Uuid = "bench",
            RequestedVersion = "0",
            ResolvedVersion = "0",
            VoxelType = VoxelType.UInt16,
            Dimensions = level.Dimensions,
            VoxelSize = [1, 1, 1],
            Versions = [0],
            TimepointIds = [0],
            Setups = [new SetupInfo { Index = 0, Id = 0, Name = "s", ChannelId = 0, AngleId = 0, Version = "0", Levels = [level] }],
        };
    }

    private static Task DiskSyncAsync(string root)
    {
        foreach (string path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
        }

        return Task.CompletedTask;
    }

    private static void DropPages(string root)
    {
        const int DontNeed = 4; // POSIX_FADV_DONTNEED
        foreach (string path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            using SafeFileHandle file = File.OpenHandle(path);
            _ = AdviseFile((int)file.DangerousGetHandle(), 0, 0, DontNeed);
        }
    }

    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int AdviseFile(int fd, long offset, long length, int advice);
}
