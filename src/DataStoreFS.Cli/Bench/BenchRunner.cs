using DataStoreFS.Cli.Trees;
using DataStoreFS.Mounting;

namespace DataStoreFS.Cli.Bench;

/// <summary>The phases of a benchmark, one after the other.</summary>
/// <param name="plan">What is read.</param>
/// <param name="status">Asks the mount for its counters; null answers where there is nobody to ask.</param>
internal sealed class BenchRunner(BenchPlan plan, Func<Task<MountStatus?>> status)
{
    private const int ManyThreads = 8;

    // Enough names for a rate, few enough for a slow peer.
    private const int MostNames = 256;

    /// <exception cref="IOException">A file cannot be read.</exception>
    public async Task<IReadOnlyList<BenchPhase>> RunAsync(Action<string> beginning)
    {
        List<BenchPhase> phases = [];
        BenchRun sequential = await PhaseAsync("seq", plan.Sequential, plan.Wanted, 1, Read).ConfigureAwait(false);
        BenchRun random = await PhaseAsync("par8", plan.Random, plan.Wanted, ManyThreads, Read).ConfigureAwait(false);
        await PhaseAsync("par8 again", random.Done, random.Done.Count, ManyThreads, Read).ConfigureAwait(false);

        string[] present = [.. sequential.Done.Take(MostNames)];
        string[] missing = [.. sequential.Done.Take(1).SelectMany(Absent)];
        await PhaseAsync("stat present", present, present.Length, 1, Stat).ConfigureAwait(false);
        await PhaseAsync("stat missing", missing, missing.Length, 1, Stat).ConfigureAwait(false);
        await PhaseAsync("stat missing again", missing, missing.Length, 1, Stat).ConfigureAwait(false);
        return phases;

        async Task<BenchRun> PhaseAsync(string name, IReadOnlyList<string> files, int wanted, int threads, Func<string, byte[], long> one)
        {
            beginning(name);
            MountStatus? before = await status().ConfigureAwait(false);
            BenchRun run = BenchRun.Of(files, wanted, threads, one);
            MountStatus? after = await status().ConfigureAwait(false);
            phases.Add(Phase(name, run, before, after));
            return run;
        }
    }

    private static long Read(string path, byte[] buffer) => PlainFile.Read(path, buffer);

    private static long Stat(string path, byte[] buffer) => PlainFile.Exists(path) ? 0 : -1;

    // Beside a block that is there, beyond the end of the grid.
    private IEnumerable<string> Absent(string block)
    {
        string folder = Path.GetDirectoryName(block)!;
        return Enumerable.Range(0, MostNames).Select(
            i => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{folder}/{plan.GridEnd + i}"));
    }

    private static BenchPhase Phase(string name, BenchRun run, MountStatus? before, MountStatus? after) => new()
    {
        Name = name,
        Threads = run.Threads,
        Files = run.Done.Count,
        Missing = run.Missing,
        Bytes = run.Bytes,
        Seconds = Math.Round(run.Time.TotalSeconds, 6),
        P50Milliseconds = Math.Round(run.Percentile(0.5).TotalMilliseconds, 3),
        P95Milliseconds = Math.Round(run.Percentile(0.95).TotalMilliseconds, 3),
        ServerBlocks = after?.ServerBlocks - before?.ServerBlocks,
        ServerRequests = after?.ServerRequests - before?.ServerRequests,
    };
}
