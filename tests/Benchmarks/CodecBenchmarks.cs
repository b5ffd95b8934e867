using System.Buffers;
using BenchmarkDotNet.Attributes;
using DataStoreFS.Caching.Disk;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace Benchmarks;

/// <summary>A block of 64^3 smooth uint16 with noise, as a microscope makes them: packed and unpacked; and its checksum.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private static readonly Size3 s_size = new(64, 64, 64);

    private readonly NativeBlockPool _pool = new();
    private readonly ArrayBufferWriter<byte> _packed = new(1 << 20);
    private byte[] _voxels = [];
    private byte[] _file = [];

    [Params(N5CompressionType.Raw, N5CompressionType.Gzip, N5CompressionType.Lz4)]
    public N5CompressionType Type { get; set; }

    private N5Compression Compression => Type switch
    {
        N5CompressionType.Gzip => N5Compression.Gzip,
        N5CompressionType.Lz4 => N5Compression.Lz4,
        _ => N5Compression.Raw,
    };

    [GlobalSetup]
    public void Make()
    {
        Random random = new(1);
        _voxels = new byte[2 * s_size.Count];
        for (int i = 0; i < s_size.Count; i++)
        {
            int value = 1000 + (int)(300 * Math.Sin(i / 700.0)) + random.Next(-12, 13);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(_voxels.AsSpan(2 * i), (ushort)value);
        }

        Encode();
        _file = _packed.WrittenSpan.ToArray();
    }

    [Benchmark]
    public int Decode()
    {
        BlockBuffer block = N5BlockCodec.Decode(_file, Compression, 2, s_size, _pool);
        int length = block.Length;
        block.Release();
        return length;
    }

    [Benchmark]
    public void Encode()
    {
        _packed.ResetWrittenCount();
        N5BlockCodec.Encode(s_size, _voxels, Compression, _packed);
    }

    [Benchmark]
    public uint Checksum() => Crc32C.Compute(_voxels);
}
