using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DataStoreFS.Model;
using DataStoreFS.Traces;
using Microsoft.Win32.SafeHandles;

namespace Benchmarks;

/// <summary>
/// <c>replay TRACE TREE [--openers N] [--speed F] [--json]</c>: a recorded viewer on any mount, in a closed loop. Each burst's blocks are opened in
/// the recorded order by N threads (stat, open, fstat, one read of the whole file, close, as the N5 library); the next burst begins the recorded
/// pause after this one has ended. The stall of a burst is the time from its first open to its last block: what a user waits for the picture. Nothing
/// is written to the mount.
/// </summary>
internal static class ReplayCommand
{
    private const int ReadBytes = 1 << 20;

    public static int Run(string trace, string tree, string[] options)
    {
        int openers = int.Parse(Option(options, "--openers") ?? "8", CultureInfo.InvariantCulture);
        double speed = double.Parse(Option(options, "--speed") ?? "1", CultureInfo.InvariantCulture);
        IReadOnlyList<TraceBurst> bursts = BlockTrace.Parse(File.ReadLines(trace)).Bursts;
        string root = Directory.Exists(Path.Combine(tree, "export.n5")) ? Path.Combine(tree, "export.n5") : tree;
        Replayer replayer = new(root, openers);
        List<BurstResult> results = [];
        foreach (TraceBurst burst in bursts)
        {
            WaitFor(burst.Pause / speed);
            results.Add(replayer.Play(burst));
        }

        Report(trace, results, options.Contains("--json"));
        return results.Sum(result => result.Errors) == 0 ? 0 : 1;
    }

    // A pause of the user; a semaphore that nobody releases.
    private static void WaitFor(TimeSpan pause)
    {
        using ManualResetEventSlim never = new();
        never.Wait(pause);
    }

    private static void Report(string trace, List<BurstResult> results, bool json)
    {
        double stall = results.Sum(result => result.Stall.TotalMilliseconds);
        double afterFirst = results.Skip(1).Sum(result => result.Stall.TotalMilliseconds);
        long bytes = results.Sum(result => result.Bytes);
        int opens = results.Sum(result => result.Opens);
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["trace"] = Path.GetFileNameWithoutExtension(trace),
                ["opens"] = opens,
                ["bytes"] = bytes,
                ["errors"] = results.Sum(result => result.Errors),
                ["stall_ms"] = Math.Round(stall, 1),
                ["stall_after_first_ms"] = Math.Round(afterFirst, 1),
                ["bursts_ms"] = new JsonArray([.. results.Select(result => JsonValue.Create(Math.Round(result.Stall.TotalMilliseconds, 1)))]),
            }.ToJsonString());
            return;
        }

        foreach ((int index, BurstResult result) in results.Index())
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"burst {index + 1,3}  {result.Opens,4} opens  {result.Stall.TotalMilliseconds,8:F1} ms  slowest open "
                    + $"{result.Slowest.TotalMilliseconds,7:F1} ms"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileNameWithoutExtension(trace)}: {opens} opens, {bytes / 1e6:F0} MB, stall {stall:F0} ms, "
                + $"after the first burst {afterFirst:F0} ms"));
        if (results.FirstOrDefault(result => result.FirstError is not null)?.FirstError is string error)
        {
            Console.Error.WriteLine($"{results.Sum(result => result.Errors)} opens failed, the first: {error}");
        }
    }

    private static string? Option(string[] options, string name)
    {
        int index = Array.IndexOf(options, name);
        return index >= 0 && index + 1 < options.Length ? options[index + 1] : null;
    }

    private sealed class Replayer(string root, int openers)
    {
        public BurstResult Play(TraceBurst burst)
        {
            int next = -1;
            long bytes = 0;
            int errors = 0;
            string? firstError = null;
            long slowest = 0;
            Stopwatch watch = Stopwatch.StartNew();
            Thread[] threads = [.. Enumerable.Range(0, Math.Min(openers, burst.Blocks.Count)).Select(_ => new Thread(Work))];
            foreach (Thread thread in threads)
            {
                thread.Start();
            }

            foreach (Thread thread in threads)
            {
                thread.Join();
            }

            return new BurstResult(burst.Blocks.Count, bytes, errors, firstError, watch.Elapsed, Stopwatch.GetElapsedTime(0, slowest));

            void Work()
            {
                byte[] buffer = new byte[ReadBytes];
                for (int i = Interlocked.Increment(ref next); i < burst.Blocks.Count; i = Interlocked.Increment(ref next))
                {
                    long begin = Stopwatch.GetTimestamp();
                    try
                    {
                        Interlocked.Add(ref bytes, ReadWhole(PathOf(burst.Blocks[i]), buffer));
                    }
                    catch (IOException e)
                    {
                        Interlocked.Increment(ref errors);
                        Interlocked.CompareExchange(ref firstError, e.Message, null);
                    }

                    InterlockedMax(ref slowest, Stopwatch.GetTimestamp() - begin);
                }
            }
        }

        private string PathOf(in BlockKey key) => string.Create(CultureInfo.InvariantCulture,
            $"{root}/setup{key.Setup}/timepoint{key.Timepoint}/s{key.Level}/{key.X}/{key.Y}/{key.Z}");

        private static long ReadWhole(string path, byte[] buffer)
        {
            if (!File.Exists(path))
            {
                throw new FileNotFoundException($"{path} does not exist");
            }

            using SafeFileHandle file = File.OpenHandle(path);
            long length = RandomAccess.GetLength(file);
            long at = 0;
            while (at < length)
            {
                int got = RandomAccess.Read(file, buffer, at);
                if (got == 0)
                {
                    throw new EndOfStreamException($"{path} ends after {at} of {length} bytes");
                }

                at += got;
            }

            return at;
        }

        private static void InterlockedMax(ref long target, long value)
        {
            long seen = Volatile.Read(ref target);
            while (value > seen)
            {
                long was = Interlocked.CompareExchange(ref target, value, seen);
                if (was == seen)
                {
                    return;
                }

                seen = was;
            }
        }
    }

    private sealed record BurstResult(int Opens, long Bytes, int Errors, string? FirstError, TimeSpan Stall, TimeSpan Slowest);
}
