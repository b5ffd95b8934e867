using System.Text;
using DataStoreFS.Caching.Disk;

namespace DataStoreFS.Tests.Caching.Disk;

public sealed class Crc32CTests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("a", 0xC1D04330u)]
    [InlineData("123456789", 0xE3069283u)] // the check value of the CRC catalogues
    public void ComputesTheKnownValuesOfText(string text, uint expected) => Assert.Equal(expected, Crc32C.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void ComputesTheValuesOfRfc3720()
    {
        // Appendix B.4: 32 bytes of zeros, of ones, ascending, descending.
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xff, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute(Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray()));
    }

    [Theory]
    [InlineData(6143)]
    [InlineData(6144)]
    [InlineData(6145)]
    [InlineData(12289)]
    [InlineData(524304)]
    public void AgreesWithTheDefinitionWhereStreamsAreJoined(int length)
    {
        byte[] data = new byte[length + 3];
        new Random(length).NextBytes(data);
        Assert.Equal(Definition(data.AsSpan(3)), Crc32C.Compute(data.AsSpan(3)));
    }

    [Fact]
    public void AppendingGoesOnWhereTheFirstPieceEnded()
    {
        byte[] data = new byte[20000];
        new Random(1).NextBytes(data);
        foreach (int cut in (int[])[0, 1, 7, 6144, 10000, 20000])
        {
            Assert.Equal(Crc32C.Compute(data), Crc32C.Append(Crc32C.Compute(data.AsSpan(0, cut)), data.AsSpan(cut)));
        }
    }

    private static uint Definition(ReadOnlySpan<byte> data)
    {
        uint register = ~0u;
        foreach (byte value in data)
        {
            register ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                register = (register >> 1) ^ ((register & 1) != 0 ? 0x82F63B78u : 0);
            }
        }

        return ~register;
    }
}
