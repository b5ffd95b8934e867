using BenchmarkDotNet.Attributes;
using DataStoreFS.Dispatch;
using DataStoreFS.Mounting;

namespace Benchmarks;

/// <summary>
/// A request from its bytes to its reply, which goes to /dev/null (one system call that copies nothing): what the daemon adds to what the kernel
/// takes.
/// </summary>
[MemoryDiagnoser]
public class DispatchBenchmarks
{
    private DispatchedTree _tree = null!;
    private int _next;

    /// <summary>Whether LOOKUP has to know if the block exists (here it does, and is in memory).</summary>
    [Params(MissingBlocks.Zeros, MissingBlocks.Absent)]
    public MissingBlocks Missing { get; set; }

    [GlobalSetup]
    public void Attach() => _tree = new DispatchedTree(Missing);

    [Benchmark]
    public void LookUp() => _tree.Serve(_tree.LookUp);

    [Benchmark]
    public void GetAttributes() => _tree.Serve(_tree.GetAttributes);

    [Benchmark]
    public void ReadCachedBlock() => _tree.Serve(_tree.Reads[_next++ % DispatchedTree.Blocks]);

    [GlobalCleanup]
    public void Detach()
    {
        if (_tree.Errors > 0)
        {
            throw new InvalidOperationException($"{_tree.Errors} requests were answered with errors");
        }

        _tree.Dispose();
    }
}
