using System.Text;

namespace DataStoreFS.Tests.N5;

/// <summary>Values that the checksums' authors publish.</summary>
public sealed class ChecksumTests
{
    [Theory]
    [InlineData("", 0u, 0x02CC5D05u)]
    [InlineData("abc", 0u, 0x32D153FFu)]
    [InlineData("Nobody inspects the spammish repetition", 0u, 0xE2293B2Fu)]
    public void XxHash32(string text, uint seed, uint expected) =>
        Assert.Equal(expected, DataStoreFS.N5.XxHash32.Compute(Encoding.ASCII.GetBytes(text), seed));

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void Crc32(string text, uint expected) => Assert.Equal(expected, DataStoreFS.N5.Crc32.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Adler32()
    {
        Assert.Equal(0x11E60398u, DataStoreFS.N5.Adler32.Compute("Wikipedia"u8));

        // Long enough for the sums to be reduced on the way: n bytes of 255 give 1 + 255 n and n + 255 n (n + 1) / 2.
        byte[] long255 = new byte[100_000];
        Array.Fill(long255, byte.MaxValue);
        ulong low = (1 + (255UL * 100_000)) % 65521;
        ulong high = (100_000 + (255UL * 100_000 * 100_001 / 2)) % 65521;
        Assert.Equal((uint)((high << 16) | low), DataStoreFS.N5.Adler32.Compute(long255));
    }
}
