using BenchmarkDotNet.Attributes;
using DataStoreFS.Model;
using DataStoreFS.Traces;
using DataStoreFS.Tree;
using DataStoreFS.Views;

namespace Benchmarks;

/// <summary>What a LOOKUP and a READ do before any block is touched: names to nodes, nodes to ids and back.</summary>
[MemoryDiagnoser]
public class NameBenchmarks
{
    private readonly VolumeTree _tree = new(TraceGeometry.BigTree, new VolumeFiles(new N5View(TraceGeometry.BigTree), default));
    private readonly Node _row = new(NodeKind.Row, 0, 0, 0, 17, 23);
    private ulong _id;

    [GlobalSetup]
    public void Encode() => _id = _tree.IdOf(Node.Of(new BlockKey(0, 0, 0, 0, 17, 23, 5)));

    [Benchmark]
    public bool FindByName() => _tree.TryFind(_row, "5"u8, out _);

    [Benchmark]
    public ulong IdOfNode() => _tree.IdOf(Node.Of(new BlockKey(0, 0, 0, 0, 17, 23, 5)));

    [Benchmark]
    public bool NodeOfId() => _tree.TryResolve(_id, out _);
}
