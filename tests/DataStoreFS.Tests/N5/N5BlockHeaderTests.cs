using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

public sealed class N5BlockHeaderTests
{
    private static readonly Size3 s_limit = new(64, 64, 16);

    [Fact]
    public void TheHeaderOfADefaultBlockIsSixteenBytes()
    {
        //                mode        axes        64           64           2
        byte[] file = [0x00, 0x00, 0x00, 0x03, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0x02];

        Assert.Equal(new N5BlockHeader(new Size3(64, 64, 2), 16, 64 * 64 * 2 * 2), N5BlockHeader.Parse(file, s_limit, 2));
    }

    [Fact]
    public void AVarlengthHeaderAlsoCountsItsElements()
    {
        byte[] file = [0x00, 0x01, 0x00, 0x03, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 6];

        Assert.Equal(new N5BlockHeader(new Size3(3, 2, 1), 20, 12), N5BlockHeader.Parse(file, s_limit, 2));
        file[19] = 5;
        Refused(file, "5 elements");
    }

    [Fact]
    public void AnEmptyBlockIsABlock() =>
        Assert.Equal(new N5BlockHeader(default, 16, 0), N5BlockHeader.Parse([0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], s_limit, 2));

    [Theory]
    [InlineData(0, 2, 3, 64, 64, 16, "serialised objects")]
    [InlineData(0, 3, 3, 64, 64, 16, "mode 3")]
    [InlineData(0x1F, 0x8B, 3, 64, 64, 16, "mode 8075")]
    [InlineData(0, 0, 2, 64, 64, 16, "2 dimensions")]
    [InlineData(0, 0, 5, 64, 64, 16, "5 dimensions")]
    [InlineData(0, 0, 3, 65, 64, 16, "larger than")]
    [InlineData(0, 0, 3, 64, 64, -1, "larger than")]
    [InlineData(0, 0, 3, int.MinValue, 0, 0, "larger than")]
    [InlineData(0, 0, 3, -1, -1, -1, "larger than")]
    public void HeadersThatCannotBeAreRefusedBeforeMemoryIsTaken(byte modeHigh, byte modeLow, byte axes, int x, int y, int z, string why)
    {
        byte[] file = new byte[BlockBuffer.HeaderBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4), x);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(8), y);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(12), z);
        (file[0], file[1], file[3]) = (modeHigh, modeLow, axes);

        Refused(file, why);
    }

    [Theory]
    [InlineData(0, "empty")]
    [InlineData(3, "cut short")]
    [InlineData(15, "cut short")]
    public void AHeaderThatIsCutIsRefused(int length, string why) =>
        Refused(new byte[] { 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 }[..length], why);

    private static void Refused(byte[] file, string why)
    {
        DataStoreException fault = Assert.Throws<DataStoreException>(() => N5BlockHeader.Parse(file, s_limit, 2));
        Assert.Equal(DataStoreErrorKind.InvalidData, fault.Kind);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }
}
