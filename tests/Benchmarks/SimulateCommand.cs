using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Prefetch;
using DataStoreFS.Traces;

namespace Benchmarks;

/// <summary><c>simulate TRACE...</c>: what the predictor makes of recorded accesses, over a link of 20 ms and 1 GB/s.</summary>
internal static class SimulateCommand
{
    private const double RoundTrip = 20;
    private const double MegabytesPerSecond = 1000;
    private const int MostGuesses = 1024;

    public static int Run(string[] traces)
    {
        Console.WriteLine(
            $"{"trace",-28}{"opens",7}{"in time",9}{"late",7}{"guessed",9}{"wasted",8}{"stall",9}{"without",9}"
                + $"{"RTT 0",8}{"after first",13}{"RTT 0",8}   ms");
        foreach (string trace in traces)
        {
            Simulate(Path.GetFileNameWithoutExtension(trace), TraceGeometry.Of(trace), BlockTrace.Parse(File.ReadLines(trace)).Bursts, 8);
        }

        Simulate("seq", Workloads.Medium, Workloads.Sequential(512), 1);
        Simulate("slow", Workloads.Medium, Workloads.Slow(100), 1);
        Simulate("par8", Workloads.Medium, Workloads.Shuffled(512), 8);
        Simulate("slice", Workloads.Medium, Workloads.Planes(16), 4);
        return 0;
    }

    private static void Simulate(string name, VolumeInfo volume, IReadOnlyList<TraceBurst> bursts, int openers)
    {
        SimulatedRun with = Run(RoundTrip, new Predictor(MostGuesses, false));
        SimulatedRun without = Run(RoundTrip, null);
        SimulatedRun near = Run(0, new Predictor(MostGuesses, false));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-28}{with.Opens,7}{with.Coverage,9:P0}{with.Late,7}{with.Guessed,9}{with.Waste,8:P0}{with.Stall,9:F0}{without.Stall,9:F0}"
                + $"{near.Stall,8:F0}{with.StallAfterFirst,13:F0}{near.StallAfterFirst,8:F0}"));

        SimulatedRun Run(double roundTrip, Predictor? predictor) =>
            new PrefetchSimulator(volume, roundTrip, MegabytesPerSecond, openers).Run(bursts, predictor);
    }
}
