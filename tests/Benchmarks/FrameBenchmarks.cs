using BenchmarkDotNet.Attributes;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace Benchmarks;

/// <summary>Parsing an answer of eight 512 KiB blocks from memory: what the client adds to receiving.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks
{
    private const int Blocks = 8;

    private static readonly Size3 s_size = new(64, 64, 64);

    private readonly NativeBlockPool _pool = new();
    private readonly BlockRequest[] _requests = [.. Enumerable.Range(0, Blocks).Select(i => new BlockRequest(i, 0, 0, s_size, s_size, 2))];
    private readonly Sink _sink = new();
    private byte[] _answer = [];

    [GlobalSetup]
    public void Make()
    {
        byte[] frame = new byte[12 + (2 * s_size.Count)];
        byte[] header = new byte[BlockBuffer.HeaderBytes];
        N5Header.Write(header, s_size);
        header.AsSpan(4).CopyTo(frame);
        _answer = [.. Enumerable.Repeat(frame, Blocks).SelectMany(f => f)];
    }

    [Benchmark(OperationsPerInvoke = Blocks)]
    public async Task Parse()
    {
        using ProgressTimeout progress = new(TimeSpan.FromMinutes(1), CancellationToken.None);
        FrameReader reader = new(_pool, new MemoryStream(_answer), progress, "benchmark");
        await reader.ReadAsync(_requests, 0, Blocks, _sink).ConfigureAwait(false);
    }

    private sealed class Sink : IBlockSink
    {
        public void Deliver(int index, BlockBuffer? block, Size3 stored) => block!.Release();
    }
}
