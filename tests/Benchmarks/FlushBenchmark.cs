using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.N5;
using Mono.Unix.Native;

namespace Benchmarks;

/// <summary>
/// <c>flush MOUNT DATASET [--writers 8] [--blocks 256] [--repetitions 5] [--fsync]</c>: threads write whole blocks into a read-write mount and close
/// each, as N5 libraries, zarr and cp do (with <c>--fsync</c> they fsync(2) it before, as no such program does), against as many threads that POST
/// the same bytes to DATASET (<c>http://HOST:PORT/datasets/UUID/VERSION</c>), a block a request, each over a socket of its own that stays open. By
/// turns, and every pass to a timepoint of its own, so that nothing is overwritten. Eight passes of both, over one another, go ahead and are not
/// counted: the daemon's machine code is made anew in its first seconds.
/// </summary>
internal sealed class FlushBenchmark
{
    private const int WarmUps = 8;

    private readonly string _level;
    private readonly Uri _dataset;
    private readonly Size3 _grid;
    private readonly Size3 _block;
    private readonly int _writers;
    private readonly int _blocks;
    private readonly bool _fsync;
    private readonly byte[] _file;

    private FlushBenchmark(string mount, string dataset, int writers, int blocks, bool fsync)
    {
        _fsync = fsync;
        _level = Path.Combine(mount, "export.n5", "setup0");
        _dataset = new Uri(dataset.TrimEnd('/'));
        (_writers, _blocks) = (writers, blocks);
        using JsonDocument attributes = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_level, "timepoint0", "s0", "attributes.json")));
        Size3 size = SizeOf(attributes.RootElement.GetProperty("dimensions"));
        _block = SizeOf(attributes.RootElement.GetProperty("blockSize"));

        // Whole blocks only.
        _grid = new Size3(size.X / _block.X, size.Y / _block.Y, size.Z / _block.Z);
        if (_grid.Count < blocks)
        {
            throw new ArgumentException($"a timepoint has {_grid.Count} whole blocks, {blocks} are to be written");
        }

        _file = new byte[BlockBuffer.HeaderBytes + (2 * _block.Count)];
        new Random(1).NextBytes(_file);
        N5Header.Write(_file, _block);
    }

    public static int Run(string mount, string dataset, string[] options)
    {
        int repetitions = Number("--repetitions", 5);
        FlushBenchmark benchmark = new(mount, dataset, Number("--writers", 8), Number("--blocks", 256), options.Contains("--fsync"));
        List<double> mounted = [];
        List<double> posted = [];
        for (int repetition = -WarmUps; repetition < repetitions; repetition++)
        {
            if (repetition >= 0)
            {
                MachineLoad.WaitForIdle();
            }

            Func<double> foreign = MachineLoad.Watch();
            double throughMount = benchmark.Time(benchmark.WriteFiles, Math.Max(0, 2 * repetition + 2));
            double overHttp = benchmark.Time(benchmark.PostBlocks, Math.Max(1, 2 * repetition + 3));
            if (repetition >= 0)
            {
                mounted.Add(throughMount);
                posted.Add(overHttp);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"mount {throughMount,5:F0} MB/s   POST {overHttp,5:F0} MB/s   {throughMount / overHttp:F2}   others had "
                        + $"{foreign(),4:P0} of the processors"));
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"medians: mount {Median(mounted):F0} MB/s, POST {Median(posted):F0} MB/s, ratio {Median(mounted) / Median(posted):F2}"));
        return 0;

        int Number(string name, int otherwise)
        {
            int index = Array.IndexOf(options, name);
            return index < 0 ? otherwise : int.Parse(options[index + 1], CultureInfo.InvariantCulture);
        }
    }

    private static double Median(List<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return (sorted[sorted.Count / 2] + sorted[(sorted.Count - 1) / 2]) / 2;
    }

    private static Size3 SizeOf(JsonElement numbers) => new(numbers[0].GetInt64(), numbers[1].GetInt64(), numbers[2].GetInt64());

    private double Time(Action<int, Func<(long X, long Y, long Z)?>> pass, int timepoint)
    {
        int next = -1;
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, _writers).Select(_ => new Thread(() =>
        {
            try
            {
                pass(timepoint, Next);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                failure ??= e;
            }
        }))];
        Stopwatch watch = Stopwatch.StartNew();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = watch.Elapsed.TotalSeconds;
        return failure is null ? (double)_blocks * _file.Length / 1e6 / seconds : throw new IOException($"a pass failed: {failure.Message}", failure);

        (long X, long Y, long Z)? Next()
        {
            long i = Interlocked.Increment(ref next);
            return i < _blocks ? (i % _grid.X, i / _grid.X % _grid.Y, i / (_grid.X * _grid.Y)) : null;
        }
    }

    // The calls that a C program makes; .NET's files would add flock and ftruncate.
    private void WriteFiles(int timepoint, Func<(long X, long Y, long Z)?> next)
    {
        while (next() is var (x, y, z))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{_level}/timepoint{timepoint}/s0/{x}/{y}/{z}");
            int file = Syscall.open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, FilePermissions.DEFFILEMODE);
            Check(file, path);
            Check(WriteAll(file), path);
            Check(_fsync ? Syscall.fsync(file) : 0, path);
            Check(Syscall.close(file), path);
        }
    }

    private unsafe int WriteAll(int file)
    {
        fixed (byte* start = _file)
        {
            for (int at = 0; at < _file.Length;)
            {
                long written = Syscall.write(file, start + at, (ulong)(_file.Length - at));
                if (written < 0)
                {
                    return -1;
                }

                at += (int)written;
            }
        }

        return 0;
    }

    private static void Check(int result, string path)
    {
        if (result < 0)
        {
            throw new IOException($"{path}: {Stdlib.GetLastError()}");
        }
    }

    private void PostBlocks(int timepoint, Func<(long X, long Y, long Z)?> next)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Parse(_dataset.Host), _dataset.Port);
        string[] path = _dataset.AbsolutePath.Split('/');
        string prefix = $"{string.Join('/', path[..^1])}/1/1/1/{path[^1]}";

        // A frame: the sizes, then the voxels; the file has a mode and a count of dimensions ahead of them.
        ArraySegment<byte> frame = new(_file, BlockBuffer.HeaderBytes - 12, _file.Length - BlockBuffer.HeaderBytes + 12);
        byte[] answer = new byte[4096];
        while (next() is var (x, y, z))
        {
            byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"POST {prefix}/{x}/{y}/{z}/{timepoint}/0/0 HTTP/1.1\r\nHost: {_dataset.Authority}\r\nContent-Type: "
                    + $"application/octet-stream\r\nContent-Length: {frame.Count}\r\n\r\n"));
            socket.Send([head, frame]);
            int got = 0;
            while (answer.AsSpan(0, got).IndexOf("\r\n\r\n"u8) < 0)
            {
                int more = socket.Receive(answer, got, answer.Length - got, SocketFlags.None);
                got = more == 0 ? throw new IOException("the server closed the connection") : got + more;
            }

            // An accepted POST has no body.
            if (!answer.AsSpan().StartsWith("HTTP/1.1 200"u8))
            {
                throw new IOException($"the server answered {Encoding.ASCII.GetString(answer, 0, got)}");
            }
        }
    }
}
