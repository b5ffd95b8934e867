using BenchmarkDotNet.Attributes;
using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Prefetch;
using DataStoreFS.Traces;

namespace Benchmarks;

/// <summary>What observing an access costs the thread that reads: in a walk, in random reading, and where prefetching has nothing to add.</summary>
[MemoryDiagnoser]
public class PrefetchBenchmarks
{
    private readonly BlockKey[] _walk = [.. Workloads.All(0, 1, 2)];
    private readonly BlockKey[] _random = [.. Workloads.Shuffled(900)[0].Blocks];
    private readonly Prefetcher _prefetcher = new(new PrefetchSettings(null, 512L << 20), 512 << 10, new Sink());
    private int _next;

    [GlobalSetup]
    public void Setup() => _prefetcher.AddVolume(Workloads.Medium);

    [Benchmark]
    public void Walk() => _prefetcher.Observe(_walk[_next++ % _walk.Length], 1, hit: true);

    [Benchmark]
    public void Random() => _prefetcher.Observe(_random[_next++ % _random.Length], 2, hit: true);

    [GlobalCleanup]
    public void Stop() => _prefetcher.Dispose();

    private sealed class Sink : IBlockPrefetch
    {
        public int PrefetchRoom => 100;

        public TimeSpan DistanceOf(in BlockKey key) => TimeSpan.Zero;

        public PrefetchReply Prefetch(in BlockKey key, bool more = false) => PrefetchReply.Begun;
    }
}
