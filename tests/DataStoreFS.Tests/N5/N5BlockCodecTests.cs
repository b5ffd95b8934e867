using System.Buffers;
using System.Buffers.Binary;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

public sealed class N5BlockCodecTests : IDisposable
{
    private static readonly Size3 s_limit = new(64, 64, 16);
    private readonly NativeBlockPool _pool = new();

    public static TheoryData<string> Compressions() => ["raw", "gzip", "zlib", "lz4", "bzip2", "xz"];

    public void Dispose()
    {
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Theory]
    [InlineData("raw", "s2/0/0/0")]
    [InlineData("gzip", "s2/0/0/0")]
    [InlineData("lz4", "s2/0/0/0")]
    [InlineData("gzip", "s2/0/0/1")]
    [InlineData("lz4", "s2/0/0/1")]
    [InlineData("gzip", "s0/2/2/2")]
    [InlineData("lz4", "s0/2/2/2")]
    public void BlocksWrittenByTheN5LibraryDecodeToTheSameRawFile(string compression, string block)
    {
        byte[] expected = Fixtures.Read($"n5/raw/export.n5/setup0/timepoint0/{block}");
        byte[] file = Fixtures.Read($"n5/{compression}/export.n5/setup0/timepoint0/{block}");

        Assert.Equal(expected, Decode(file, Named(compression)));
        Assert.Equal(expected, Decode(file, null));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zlib")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    public void BlocksPackedByOtherCompressorsDecode(string compression)
    {
        byte[] expected = Fixtures.Read("n5/raw/export.n5/setup0/timepoint0/s2/0/0/1");
        byte[] file = Fixtures.Read($"n5/foreign/{compression}.n5block");

        Assert.Equal(expected, Decode(file, Named(compression)));
        Assert.Equal(expected, Decode(file, null));
    }

    [Theory]
    [InlineData("lz4")]
    [InlineData("lz4hc")]
    public void WhatTheReferenceLz4PacksDecodes(string kind) => Assert.Equal(
        Fixtures.Read("n5/foreign/patterned.raw.n5block"),
        Decode(Fixtures.Read($"n5/foreign/patterned.{kind}.n5block"), N5Compression.Lz4, voxelBytes: 1));

    [Fact]
    public void AVarlengthBlockDecodesToTheDefaultMode() => Assert.Equal(
        Fixtures.Read("n5/raw/export.n5/setup0/timepoint0/s2/0/0/1"), Decode(Fixtures.Read("n5/foreign/varlength.n5block"), N5Compression.Raw));

    [Theory]
    [MemberData(nameof(Compressions))]
    public void WhatIsEncodedDecodesToTheSame(string name)
    {
        N5Compression compression = Named(name);
        Random random = new(42);
        for (int round = 0; round < 60; round++)
        {
            Size3 size = new(random.Next(65), random.Next(65), random.Next(17));
            byte[] voxels = Voxels(random, (int)size.Count * 2);
            byte[] file = Encode(size, voxels, compression);

            byte[] image = Decode(file, compression);

            Assert.Equal(voxels, image[16..]);
            Assert.Equal(file[..16], image[..16]);
            Assert.Equal(image, Decode(file, null));
        }
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void ACutBlockIsRefusedAtEveryLength(string name)
    {
        byte[] file = Encode(new Size3(8, 8, 4), Voxels(new Random(1), 512), Named(name));
        for (int length = 0; length < file.Length; length++)
        {
            Refused(file[..length], Named(name));
        }
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void BytesBehindTheEndAreRefused(string name)
    {
        byte[] file = Encode(new Size3(8, 8, 4), Voxels(new Random(1), 512), Named(name));

        Refused([.. file, 0], Named(name));
        Refused([.. file, .. new byte[4096]], Named(name));
    }

    /// <summary>What a writer leaves that overwrites without truncating.</summary>
    [Theory]
    [MemberData(nameof(Compressions))]
    public void ABlockFollowedByTheTailOfALongerOneIsRefused(string name)
    {
        byte[] noise = new byte[512];
        new Random(2).NextBytes(noise);
        byte[] longer = [.. Encode(new Size3(8, 8, 4), noise, Named(name)), .. new byte[name == "raw" ? 8 : 0]];
        byte[] file = Encode(new Size3(8, 8, 4), Voxels(new Random(1), 512), Named(name));
        Assert.True(file.Length < longer.Length);

        file.CopyTo(longer, 0);

        Refused(longer, Named(name));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zlib")]
    [InlineData("lz4")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    public void NoFlippedBitPassesUnnoticedOrEscapesAsAnotherException(string name)
    {
        byte[] voxels = Voxels(new Random(7), 512);
        byte[] file = Encode(new Size3(8, 8, 4), voxels, Named(name));
        Random random = new(8);
        for (int round = 0; round < 400; round++)
        {
            byte[] damaged = (byte[])file.Clone();
            damaged[random.Next(16, file.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                // Some bits carry nothing (gzip's time stamp, a level nibble): then the voxels must be untouched.
                Assert.Equal(voxels, Decode(damaged, Named(name))[16..]);
            }
            catch (DataStoreException fault)
            {
                Assert.Equal(DataStoreErrorKind.InvalidData, fault.Kind);
            }
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zlib")]
    [InlineData("lz4")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    public void RandomBytesAreRefused(string name)
    {
        Random random = new(9);
        byte[] good = Encode(new Size3(8, 8, 4), Voxels(random, 512), Named(name));
        for (int round = 0; round < 400; round++)
        {
            byte[] file = (byte[])good.Clone();
            random.NextBytes(file.AsSpan(random.Next(16, file.Length - 8)));
            Refused(file, Named(name));
        }
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void TooManyOrTooFewVoxelsAreRefused(string name)
    {
        byte[] file = Encode(new Size3(8, 8, 4), Voxels(new Random(1), 512), Named(name));
        foreach (int depth in (int[])[3, 5])
        {
            byte[] lying = (byte[])file.Clone();
            BinaryPrimitives.WriteInt32BigEndian(lying.AsSpan(12), depth);
            Refused(lying, Named(name));
        }
    }

    [Fact]
    public void ABombIsStoppedAtTheSizeItPromised()
    {
        byte[] bomb = Encode(new Size3(64, 64, 16), new byte[131_072], N5Compression.Gzip);
        BinaryPrimitives.WriteInt32BigEndian(bomb.AsSpan(12), 1);
        Refused(bomb, N5Compression.Gzip);
    }

    [Fact]
    public void RawVoxelsThatStartLikeACompressionStayRaw()
    {
        foreach (byte[] magic in (byte[][])[[0x1F, 0x8B, 8], [.. "LZ4Block"u8], [.. "BZh9"u8], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], [0x78, 0x9C, 1]])
        {
            byte[] voxels = Voxels(new Random(3), 512);
            magic.CopyTo(voxels, 0);
            byte[] file = Encode(new Size3(8, 8, 4), voxels, N5Compression.Raw);

            Assert.Equal(file, Decode(file, null));
        }
    }

    [Fact]
    public void ABlockOfAnotherSizeIsFittedToTheGrid()
    {
        byte[] padded = Encode(new Size3(4, 1, 1), [1, 2, 3, 4], N5Compression.Gzip);

        BlockBuffer block = N5BlockCodec.DecodeFitted(padded, null, 1, s_limit, new Size3(2, 2, 1), _pool);

        Assert.Equal([0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2, 0, 0], block.GetSpan().ToArray());
        block.Release();
    }

    private static N5Compression Named(string name) =>
        name == "zlib" ? N5Compression.Zlib : N5Compression.TryFromName(
            name, out N5Compression compression) ? compression : throw new ArgumentException(name);

    /// <summary>A mixture of noise and repeats, so that packers find something and also give up.</summary>
    private static byte[] Voxels(Random random, int length)
    {
        byte[] voxels = new byte[length];
        for (int at = 0; at < length;)
        {
            Span<byte> run = voxels.AsSpan(at, Math.Min(random.Next(1, 300), length - at));
            if (random.Next(2) == 0)
            {
                random.NextBytes(run);
            }
            else
            {
                run.Fill((byte)random.Next(256));
            }

            at += run.Length;
        }

        return voxels;
    }

    private static byte[] Encode(Size3 size, byte[] voxels, N5Compression compression)
    {
        ArrayBufferWriter<byte> file = new();
        N5BlockCodec.Encode(size, voxels, compression, file);
        return file.WrittenSpan.ToArray();
    }

    private byte[] Decode(byte[] file, N5Compression? compression, int voxelBytes = 2)
    {
        BlockBuffer block = N5BlockCodec.Decode(file, compression, voxelBytes, s_limit, _pool);
        byte[] image = block.GetSpan().ToArray();
        block.Release();
        return image;
    }

    private void Refused(byte[] file, N5Compression compression)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => Decode(file, compression));
        Assert.Equal(DataStoreErrorKind.InvalidData, fault.Kind);
        Assert.DoesNotContain('\n', fault.Message);
    }
}
