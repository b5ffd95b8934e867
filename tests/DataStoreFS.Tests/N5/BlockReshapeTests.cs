using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Tests.N5;

public sealed class BlockReshapeTests
{
    [Fact]
    public void EveryPairOfSizesGivesTheCommonVoxelsAndZerosElsewhere()
    {
        Random random = new(20_261_122);
        for (int round = 0; round < 500; round++)
        {
            int voxelBytes = 1 << random.Next(4);
            Size3 from = RandomSize(random);
            Size3 to = random.Next(5) == 0 ? from : RandomSize(random);
            byte[] source = new byte[from.Count * voxelBytes];
            random.NextBytes(source);
            byte[] target = new byte[to.Count * voxelBytes];
            Array.Fill(target, (byte)0xAA);

            BlockReshape.Copy(source, from, target, to, voxelBytes);

            Assert.Equal(VoxelByVoxel(source, from, to, voxelBytes), target);
        }
    }

    [Fact]
    public void AnEmptyStoredBlockBecomesZeros()
    {
        byte[] target = [1, 2, 3, 4];

        BlockReshape.Copy([], default, target, new Size3(2, 2, 1), 1);

        Assert.Equal(new byte[4], target);
    }

    [Theory]
    [InlineData(7, 2, 2, 2)]
    [InlineData(9, 2, 2, 2)]
    [InlineData(8, -2, -2, 2)]
    public void BytesThatDoNotMatchTheirSizeAreRefused(int bytes, int x, int y, int z) =>
        Assert.Throws<ArgumentException>(() => BlockReshape.Copy(new byte[bytes], new Size3(x, y, z), new byte[1], new Size3(1, 1, 1), 1));

    private static Size3 RandomSize(Random random) => new(random.Next(7), random.Next(7), random.Next(7));

    private static byte[] VoxelByVoxel(byte[] source, Size3 from, Size3 to, int voxelBytes)
    {
        byte[] result = new byte[to.Count * voxelBytes];
        Size3 common = Size3.Min(from, to);
        for (long z = 0; z < common.Z; z++)
        {
            for (long y = 0; y < common.Y; y++)
            {
                for (long x = 0; x < common.X; x++)
                {
                    long at = ((((z * from.Y) + y) * from.X) + x) * voxelBytes;
                    long there = ((((z * to.Y) + y) * to.X) + x) * voxelBytes;
                    Array.Copy(source, at, result, there, voxelBytes);
                }
            }
        }

        return result;
    }
}
