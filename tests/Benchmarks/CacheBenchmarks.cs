using BenchmarkDotNet.Attributes;
using DataStoreFS.Caching;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace Benchmarks;

/// <summary>The memory tier: a hit, a miss, and an insertion that evicts.</summary>
[MemoryDiagnoser]
public class CacheBenchmarks
{
    private const int Blocks = 10_000;
    private const int BlockBytes = 4096;

    private readonly NativeBlockPool _pool = new();
    private MemoryTier _full = null!;
    private BlockBuffer _block = null!;
    private int _next;

    [GlobalSetup]
    public void Fill()
    {
        _full = new MemoryTier((long)Blocks * BlockBytes);
        _block = _pool.Rent(BlockBytes);
        for (int i = 0; i < 2 * Blocks; i++)
        {
            _full.Set(At(i), _block, 1, speculative: false);
        }

        _next = 2 * Blocks;
    }

    [Benchmark]
    public bool Hit() => Find(_next - 1 - (_next % 100));

    [Benchmark]
    public bool Miss() => Find(-1);

    [Benchmark]
    public bool SetAndEvict() => _full.Set(At(_next++), _block, 1, speculative: false);

    [GlobalCleanup]
    public void Free()
    {
        _full.Dispose();
        _block.Release();
        _pool.Dispose();
    }

    private bool Find(int index)
    {
        bool found = _full.TryGet(At(index), out BlockBuffer? block, out _);
        block?.Release();
        return found;
    }

    private static BlockKey At(int index) => new(0, 0, 0, 0, index & 1023, index >> 10, 0);
}
