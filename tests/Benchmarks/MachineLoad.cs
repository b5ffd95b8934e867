using System.Diagnostics;
using System.Globalization;

namespace Benchmarks;

/// <summary>
/// How busy others keep the machine: processor time of all minus that of this program's process group, which a script shares with what it starts.
/// </summary>
internal static class MachineLoad
{
    private const double IdleShare = 0.05;
    private static readonly TimeSpan s_window = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Begins to count; asked later, the share of all processors that others had since.</summary>
    public static Func<double> Watch()
    {
        long before = Foreign();
        long start = Stopwatch.GetTimestamp();
        return () => Math.Max(0, (Foreign() - before) / 100.0 / Stopwatch.GetElapsedTime(start).TotalSeconds / Environment.ProcessorCount);
    }

    /// <summary>Waits until others leave the machine alone, a minute at most: a figure that was measured all the same says so.</summary>
    public static void WaitForIdle()
    {
        Stopwatch watch = Stopwatch.StartNew();
        using ManualResetEventSlim never = new();
        while (watch.Elapsed < s_patience)
        {
            Func<double> load = Watch();
            never.Wait(s_window);
            if (load() < IdleShare)
            {
                return;
            }
        }
    }

    // In ticks of 10 ms. "cpu user nice system idle iowait irq softirq steal": what is not idle or waiting for a disk.
    private static long Foreign()
    {
        long[] times = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(Number)];
        string own = StatOf("self")![2];
        long ours = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(
            name => char.IsAsciiDigit(name![0])).Select(name => StatOf(name!))
            .Where(stat => stat is not null && stat[2] == own).Sum(stat => Number(stat![11]) + Number(stat[12]));
        return times[0] + times[1] + times[2] + times[5] + times[6] + times[7] - ours;
    }

    // From the state on (proc(5)): 2 is the process group, 11 and 12 user and system time. Null: it has just ended.
    private static string[]? StatOf(string process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
