using System.Buffers;

namespace DataStoreFS.N5;

/// <summary>What is common to compressions that come as .NET streams.</summary>
internal abstract unsafe class StreamCodec : PayloadCodec
{
    protected abstract string Name { get; }

    /// <summary>What an empty block is packed to, where the writing stream gets that wrong.</summary>
    protected virtual ReadOnlySpan<byte> EncodedNothing => [];

    public override void Decode(ReadOnlySpan<byte> packed, Span<byte> voxels)
    {
        if (packed.IsEmpty)
        {
            throw N5Fault.Invalid($"the {Name} data is missing");
        }

        fixed (byte* pointer = packed)
        {
            using UnmanagedMemoryStream source = new(pointer, packed.Length);
            try
            {
                using Stream reader = OpenReader(source);
                int read = reader.ReadAtLeast(voxels, voxels.Length, throwOnEndOfStream: false);
                if (read < voxels.Length)
                {
                    throw N5Fault.Invalid($"the {Name} data ends after {read} of {voxels.Length} bytes of voxels");
                }

                if (reader.ReadByte() >= 0)
                {
                    throw N5Fault.Invalid($"the {Name} data holds more than {voxels.Length} bytes of voxels");
                }
            }
            catch (Exception fault) when (IsDamage(fault))
            {
                throw N5Fault.Invalid($"the {Name} data is damaged", fault);
            }

            CheckEnd(packed, voxels, source.Position);
        }
    }

    public override void Encode(ReadOnlySpan<byte> voxels, IBufferWriter<byte> packed)
    {
        if (voxels.IsEmpty && !EncodedNothing.IsEmpty)
        {
            packed.Write(EncodedNothing);
            return;
        }

        using BufferWriterStream target = new(packed);
        using Stream writer = OpenWriter(target);
        writer.Write(voxels);
    }

    protected abstract Stream OpenReader(Stream source);

    protected abstract Stream OpenWriter(Stream target);

    /// <summary>Whether the reader throws this because of what it read.</summary>
    protected abstract bool IsDamage(Exception fault);

    /// <summary>Throws unless the packed bytes end where the compressed data ends.</summary>
    protected abstract void CheckEnd(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> voxels, long position);
}
