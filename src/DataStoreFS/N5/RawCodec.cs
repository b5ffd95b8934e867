using System.Buffers;

namespace DataStoreFS.N5;

internal sealed class RawCodec : PayloadCodec
{
    public static RawCodec Instance { get; } = new();

    public override void Decode(ReadOnlySpan<byte> packed, Span<byte> voxels)
    {
        if (packed.Length != voxels.Length)
        {
            throw N5Fault.Invalid($"a raw block of this size has {voxels.Length} bytes of voxels, not {packed.Length}");
        }

        packed.CopyTo(voxels);
    }

    public override void Encode(ReadOnlySpan<byte> voxels, IBufferWriter<byte> packed) => packed.Write(voxels);
}
