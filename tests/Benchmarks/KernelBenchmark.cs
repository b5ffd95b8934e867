using System.Diagnostics;
using System.Globalization;
using DataStoreFS.N5;
using LinuxFuse;
using Mono.Unix.Native;

namespace Benchmarks;

/// <summary>
/// <c>kernel FOLDER [REPETITIONS]</c>: what the ways from a daemon's memory, or from a file of FOLDER's disk, to a reader cost, on a file system that
/// does nothing else: the first read of files of 512 KiB after a mount, by one reader and by eight, by turns. The backing files are in the page
/// cache. Processor time is the readers' and the daemon's together. Passthrough needs root.
/// </summary>
internal static class KernelBenchmark
{
    private const int Files = 512;
    private const int Buffers = 96;
    private const int FileBytes = BlockBuffer.HeaderBytes + (512 << 10);

    public static async Task<int> RunAsync(string folder, int repetitions)
    {
        string root = Path.Combine(Path.GetFullPath(folder), $"kernel-{Environment.ProcessId}");
        string mountPoint = Path.Combine(root, "mount");
        string plain = Path.Combine(root, "plain");
        Directory.CreateDirectory(mountPoint);
        Directory.CreateDirectory(plain);
        using NativeBlockPool pool = new();
        BlockBuffer[] content = [.. Enumerable.Range(0, Buffers).Select(_ => pool.Rent(FileBytes))];
        Dictionary<(string Way, int Readers), List<Figure>> figures = [];
        try
        {
            for (int i = 0; i < Files; i++)
            {
                new Random(i).NextBytes(content[i % Buffers].GetSpan());
                await File.WriteAllBytesAsync(BackingOf(i), content[i % Buffers].GetSpan().ToArray());
            }

            // The first round warms up.
            for (int repetition = 0; repetition <= repetitions; repetition++)
            {
                foreach (int readers in (int[])[1, 8])
                {
                    MachineLoad.WaitForIdle();
                    Note("plain file, cached", readers, Time(plain, readers, 0));
                    foreach (KernelWay way in Enum.GetValues<KernelWay>())
                    {
                        (Figure first, Figure again) = await MeasureAsync(way, readers);
                        Note(way.ToString(), readers, first);
                        if (way == KernelWay.Read)
                        {
                            Note("read again", readers, again);
                        }
                    }
                }

                if (repetition == 0)
                {
                    figures.Clear();
                }
            }
        }
        finally
        {
            Array.ForEach(content, block => block.Release());
            Directory.Delete(root, true);
        }

        Report(figures);
        return 0;

        string BackingOf(int file) => Path.Combine(plain, file.ToString(CultureInfo.InvariantCulture));

        void Note(string way, int readers, Figure figure)
        {
            if (!figures.TryGetValue((way, readers), out List<Figure>? list))
            {
                figures[(way, readers)] = list = [];
            }

            list.Add(figure);
        }

        async Task<(Figure First, Figure Again)> MeasureAsync(KernelWay way, int readers)
        {
            bool passes = way is KernelWay.PassthroughKept or KernelWay.PassthroughPerOpen;
            FuseOptions options = new()
            {
                ReadOnly = true,
                RefuseOwnRequests = false,
                ReadaheadKilobytes = 1024,
                Requested = passes ? FuseCapabilities.Passthrough : FuseCapabilities.None,
            };
            using KernelFileSystem fileSystem = new(way, Files, content, BackingOf);
            await using FuseMount mount = await FuseMount.MountAsync(mountPoint, fileSystem, options);
            TimeSpan pushed = TimeSpan.Zero;
            if (way == KernelWay.PassthroughKept)
            {
                fileSystem.OpenBacking();
            }
            else if (way == KernelWay.StoreAhead)
            {
                foreach (int file in Enumerable.Range(0, Files))
                {
                    _ = new FileInfo(Path.Combine(mountPoint, file.ToString(CultureInfo.InvariantCulture))).Length;
                }

                TimeSpan before = Environment.CpuUsage.TotalTime;
                await fileSystem.StoreAsync();
                pushed = Environment.CpuUsage.TotalTime - before;
            }

            Figure first = Time(mountPoint, readers, Messages(mount));
            Figure figure = first with { Processor = first.Processor + pushed, Messages = Messages(mount) - first.Messages };
            return (figure, Time(mountPoint, readers, 0));
        }
    }

    private static long Messages(FuseMount mount) => mount.Statistics.Snapshot().Values.Sum();

    private static Figure Time(string folder, int readers, long messages)
    {
        int next = -1;
        long bytes = 0;
        Thread[] threads = [.. Enumerable.Range(0, readers).Select(_ => new Thread(Read))];
        (Stopwatch watch, TimeSpan before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        (TimeSpan wall, TimeSpan processor) = (watch.Elapsed, Environment.CpuUsage.TotalTime - before);
        return bytes == (long)Files * FileBytes ? new Figure(wall, processor, messages)
            : throw new IOException($"{bytes} bytes were read from {folder} instead of {(long)Files * FileBytes}");

        unsafe void Read()
        {
            byte[] buffer = GC.AllocateUninitializedArray<byte>(1 << 20, pinned: true);
            fixed (byte* into = buffer)
            {
                for (int i = Interlocked.Increment(ref next); i < Files; i = Interlocked.Increment(ref next))
                {
                    int file = Syscall.open(Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture)), Mono.Unix.Native.OpenFlags.O_RDONLY);
                    for (long got = 1; got > 0;)
                    {
                        got = Syscall.read(file, into, (ulong)buffer.Length);
                        Interlocked.Add(ref bytes, Math.Max(got, 0));
                    }

                    _ = Syscall.close(file);
                }
            }
        }
    }

    private static void Report(Dictionary<(string Way, int Readers), List<Figure>> figures)
    {
        double gigabytes = (double)Files * FileBytes / 1e9;
        Console.WriteLine("| way | 1 reader | 8 readers | CPU s/GB, 1 and 8 | messages a file |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (string way in figures.Keys.Select(key => key.Way).Distinct())
        {
            (Figure one, Figure eight) = (Median(figures[(way, 1)]), Median(figures[(way, 8)]));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {way} | {gigabytes * 1e3 / one.Wall.TotalSeconds:N0} MB/s | {gigabytes * 1e3 / eight.Wall.TotalSeconds:N0} MB/s | "
                    + $"{one.Processor.TotalSeconds / gigabytes:F2}, {eight.Processor.TotalSeconds / gigabytes:F2} | "
                    + $"{(double)eight.Messages / Files:F1} |"));
        }
    }

    private static Figure Median(List<Figure> figures) => new(
        figures.Select(figure => figure.Wall).Order().ElementAt(figures.Count / 2),
        figures.Select(figure => figure.Processor).Order().ElementAt(figures.Count / 2),
        figures.Select(figure => figure.Messages).Order().ElementAt(figures.Count / 2));

    private sealed record Figure(TimeSpan Wall, TimeSpan Processor, long Messages);
}
