using System.Buffers;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

public sealed class WrittenBlockTests : IDisposable
{
    private readonly NativeBlockPool _pool = new();
    private readonly VolumeInfo _volume = TestVolume.Create();

    public void Dispose()
    {
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    public static TheoryData<string> Compressions() => new("raw", "gzip", "lz4", "bzip2", "xz", "zlib");

    [Theory]
    [MemberData(nameof(Compressions))]
    public void EveryCompressionIsRecognised(string name)
    {
        N5Compression compression = name == "zlib" ? N5Compression.Zlib : N5Compression.TryFromName(
            name, out N5Compression found) ? found : N5Compression.Raw;
        byte[] voxels = Voxels(64);
        BlockBuffer block = Decode(Encode(new Size3(4, 4, 4), voxels, compression), TestVolume.Key(0));
        Assert.Equal(voxels, block.Payload.ToArray());
        block.Release();
    }

    [Fact]
    public void AnEdgeBlockIsTakenClippedOrPaddedAsZarrWritesIt()
    {
        byte[] clipped = Voxels(32);
        BlockBuffer asWritten = Decode(Encode(new Size3(2, 4, 4), clipped, N5Compression.Raw), TestVolume.Key(2));
        byte[] padded = new byte[128];
        BlockReshape.Copy(clipped, new Size3(2, 4, 4), padded, new Size3(4, 4, 4), 2);
        BlockBuffer fromPadded = Decode(Encode(new Size3(4, 4, 4), padded, N5Compression.Gzip), TestVolume.Key(2));
        Assert.Equal(new Size3(2, 4, 4), fromPadded.Size);
        Assert.Equal(asWritten.GetSpan().ToArray(), fromPadded.GetSpan().ToArray());
        asWritten.Release();
        fromPadded.Release();
    }

    [Fact]
    public void ARawImageIsTakenWithoutACopy()
    {
        BlockBuffer file = Rented(Encode(new Size3(4, 4, 4), Voxels(64), N5Compression.Raw));
        file.FetchedAt = 0; // when the program began to write
        BlockBuffer block = WrittenBlock.Take("b", file, file.Length, _volume, TestVolume.Key(0), _pool);
        Assert.Same(file, block);
        Assert.NotEqual(0, block.FetchedAt);
        file.Release();
        Assert.Equal(Voxels(64), block.Payload.ToArray());
        block.Release();
    }

    [Fact]
    public void WhatIsNoImageYetIsTakenAsACopy()
    {
        byte[] raw = Encode(new Size3(4, 4, 4), Voxels(64), N5Compression.Raw);
        byte[] likeGzip = Encode(new Size3(4, 4, 4), [0x1F, 0x8B, 0x08, .. Voxels(64)[3..]], N5Compression.Raw);
        byte[] varlength = [0, 1, .. raw[2..16], 0, 0, 0, 64, .. raw[16..]];
        foreach (byte[] bytes in new byte[][] { likeGzip, varlength, Encode(new Size3(4, 4, 4), Voxels(64), N5Compression.Gzip) })
        {
            BlockBuffer file = Rented(bytes);
            BlockBuffer block = WrittenBlock.Take("b", file, file.Length, _volume, TestVolume.Key(0), _pool);
            Assert.NotSame(file, block);
            Assert.Equal(raw[..16], block.GetSpan()[..16].ToArray());
            file.Release();
            block.Release();
        }

        // The reservation is longer than what was written: its end is not the file's.
        BlockBuffer longer = Rented([.. raw, 1, 2, 3]);
        BlockBuffer exact = WrittenBlock.Take("b", longer, raw.Length, _volume, TestVolume.Key(0), _pool);
        Assert.Equal(raw, exact.GetSpan().ToArray());
        longer.Release();
        exact.Release();
        longer = Rented([.. raw, 1, 2, 3]);
        Assert.Throws<DataStoreException>(() => WrittenBlock.Take("b", longer, longer.Length, _volume, TestVolume.Key(0), _pool));
        longer.Release();
    }

    [Fact]
    public void VarlengthModeIsTakenWhenItsCountIsRight()
    {
        byte[] voxels = Voxels(64);
        byte[] file = [0, 1, 0, 3, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 64, .. voxels];
        BlockBuffer block = Decode(file, TestVolume.Key(0));
        Assert.Equal(voxels, block.Payload.ToArray());
        block.Release();
        file[19] = 63;
        Refuses(file, TestVolume.Key(0), "63 elements");
    }

    [Fact]
    public void RawVoxelsThatStartLikeACompressionAreRaw()
    {
        foreach (byte[] magic in new byte[][]
        {
            [0x1F, 0x8B, 0x08],
            [.. "LZ4Block"u8],
            [.. "BZh9"u8],
            [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0],
            [0x78, 0x9C],
        })
        {
            byte[] voxels = [.. magic, .. Voxels(64)[magic.Length..]];
            BlockBuffer block = Decode(Encode(new Size3(4, 4, 4), voxels, N5Compression.Raw), TestVolume.Key(0));
            Assert.Equal(voxels, block.Payload.ToArray());
            block.Release();
        }
    }

    [Fact]
    public void AWrongSizeIsRefusedWithTheFileAndTheReason()
    {
        Refuses(
            Encode(new Size3(3, 4, 4), Voxels(48), N5Compression.Raw),
            TestVolume.Key(0),
            "3 x 4 x 4 voxels, but the block at this place has 4 x 4 x 4");
        Refuses(Encode(new Size3(3, 4, 4), Voxels(48), N5Compression.Raw), TestVolume.Key(2), "2 x 4 x 4 (or 4 x 4 x 4, padded)");
        Refuses(Encode(new Size3(5, 4, 4), Voxels(80), N5Compression.Raw), TestVolume.Key(0), "larger");
        Refuses(Encode(new Size3(0, 0, 0), [], N5Compression.Raw), TestVolume.Key(0), "0 x 0 x 0");
    }

    [Fact]
    public void EveryTruncationAndEveryExtraByteIsRefused()
    {
        foreach (N5Compression compression in new[] { N5Compression.Raw, N5Compression.Gzip, N5Compression.Lz4, N5Compression.Bzip2 })
        {
            byte[] file = Encode(new Size3(4, 4, 4), Voxels(64), compression);
            for (int length = 0; length < file.Length; length++)
            {
                // A compressed file cut to exactly the raw length cannot be told from raw voxels that begin like it; the mounted tree says raw.
                if (length != BlockBuffer.HeaderBytes + 128)
                {
                    Refuses(file[..length], TestVolume.Key(0), "setup0/timepoint0/s0/x");
                }
            }

            Refuses([.. file, 0], TestVolume.Key(0), "setup0/timepoint0/s0/x");
        }
    }

    [Fact]
    public void TextObjectsAndOtherDimensionsAreRefused()
    {
        Refuses([.. "{\"dimensions\":[1]}"u8], TestVolume.Key(0), "mode");
        Refuses([0, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 1], TestVolume.Key(0), "mode 2");
        Refuses([0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4], TestVolume.Key(0), "2 dimensions");
    }

    private void Refuses(byte[] file, BlockKey key, string why)
    {
        DataStoreException refused = Assert.Throws<DataStoreException>(() => Decode(file, key).Release());
        Assert.Equal(DataStoreErrorKind.InvalidData, refused.Kind);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Contains("setup0/timepoint0/s0/x", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private BlockBuffer Decode(byte[] file, BlockKey key) => WrittenBlock.Decode("setup0/timepoint0/s0/x", file, _volume, key, _pool);

    private static byte[] Encode(Size3 size, byte[] voxels, N5Compression compression)
    {
        ArrayBufferWriter<byte> file = new();
        N5BlockCodec.Encode(size, voxels, compression, file);
        return file.WrittenSpan.ToArray();
    }

    private static byte[] Voxels(int count)
    {
        byte[] bytes = new byte[count * 2];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private BlockBuffer Rented(byte[] bytes)
    {
        BlockBuffer buffer = _pool.Rent(bytes.Length);
        bytes.CopyTo(buffer.GetSpan());
        return buffer;
    }
}
