using System.Buffers;

namespace DataStoreFS.N5;

/// <summary>One compression, between the packed payload of a block file and plain big-endian voxels.</summary>
internal abstract class PayloadCodec
{
    /// <summary>
    /// Unpacks into <paramref name="voxels"/>, whose length is what the header promised. Never writes beyond it, whatever the source claims:
    /// that bounds what a decompression bomb can do.
    /// </summary>
    /// <exception cref="Model.DataStoreException">InvalidData: damaged, too few or too many voxels, or bytes after the end.</exception>
    public abstract void Decode(ReadOnlySpan<byte> packed, Span<byte> voxels);

    public abstract void Encode(ReadOnlySpan<byte> voxels, IBufferWriter<byte> packed);
}
