using DataStoreFS.Model;
using DataStoreFS.Tree;

namespace DataStoreFS.Tests.Tree;

public sealed class NodeCodecTests
{
    [Fact]
    public void EveryNumberOfRandomVolumesDecodesToANodeThatEncodesToIt()
    {
        Random random = new(20261122);
        for (int round = 0; round < 60; round++)
        {
            VolumeInfo volume = TestVolumes.Random(random);
            NodeCodec codec = new(volume);
            ulong step = Math.Max(1, codec.Count / 20_000);
            for (ulong number = 0; number < codec.Count; number += 1 + (ulong)random.NextInt64((long)step))
            {
                Assert.True(codec.TryDecode(number, out Node node));
                Assert.Equal(number, codec.Encode(node));
                AssertInside(volume, node);
            }

            Assert.False(codec.TryDecode(codec.Count, out _));
            Assert.False(codec.TryDecode(ulong.MaxValue, out _));
        }
    }

    [Fact]
    public void EveryNodeOfASmallVolumeHasItsOwnNumberAndNoNumberIsLeftOver()
    {
        VolumeTree tree = TestVolumes.Tree(TestVolumes.Small());
        HashSet<ulong> seen = [];
        Visit(new Node(NodeKind.Top));
        Assert.Equal(tree.Codec.Count, (ulong)seen.Count);

        void Visit(Node node)
        {
            Assert.True(seen.Add(tree.Codec.Encode(node)), $"{tree.PathOf(node)} shares its number");
            for (long i = 0; i < tree.ChildCount(node); i++)
            {
                Node child = tree.ChildAt(node, i);
                Assert.Equal(node, child.Parent);
                Visit(child);
            }
        }
    }

    [Fact]
    public void TheNumbersArePinned()
    {
        // Ids live in the kernel's caches across a restart of the daemon and in rsync's and tar's records of hard links: a change of the numbering is
        // a break.
        NodeCodec codec = new(TestVolumes.Small());
        Assert.Equal(0UL, codec.Encode(new Node(NodeKind.Top)));
        Assert.Equal(2UL, codec.Encode(new Node(NodeKind.Container)));
        Assert.Equal(4UL, codec.Encode(new Node(NodeKind.Setup, 0)));
        Assert.Equal(6UL, codec.Encode(new Node(NodeKind.Timepoint, 0, 0)));
        Assert.Equal(8UL, codec.Encode(new Node(NodeKind.Level, 0, 0, 0)));
        Assert.Equal(9UL, codec.Encode(new Node(NodeKind.LevelAttributes, 0, 0, 0)));
        Assert.Equal(12UL, codec.Encode(new Node(NodeKind.Block, 0, 0, 0, 0, 0, 0)));

        // grid 3 x 3 x 3: a row is 1 + 3, a column 1 + 3 * 4 = 13
        Assert.Equal(8UL + 2 + (2 * 13) + 1 + (1 * 4) + 1 + 2, codec.Encode(new Node(NodeKind.Block, 0, 0, 0, 2, 1, 2)));
    }

    [Fact]
    public void AVolumeOfMoreNodesThanFitIsRefusedInsteadOfWrappingAround()
    {
        LevelInfo level = new(0, new Size3(1, 1, 1), new Size3(2_000_000_000, 2_000_000_000, 2_000_000_000), new Size3(1, 1, 1));
        DataStoreException refused = Assert.Throws<DataStoreException>(() => new NodeCodec(TestVolumes.Of(VoxelType.UInt8, [0], (0, [level]))));
        Assert.Equal(DataStoreErrorKind.Protocol, refused.Kind);
    }

    [Fact]
    public void AGridBeyondWhatANameCanExpressIsRefused()
    {
        LevelInfo level = new(0, new Size3(1, 1, 1), new Size3(long.MaxValue / 2, 1, 1), new Size3(1, 1, 1));
        Assert.Throws<DataStoreException>(() => new NodeCodec(TestVolumes.Of(VoxelType.UInt8, [0], (0, [level]))));
    }

    [Fact]
    public void BlocksBeyondWhatOneBufferHoldsAreRefused()
    {
        LevelInfo level = new(0, new Size3(1, 1, 1), new Size3(4096, 4096, 4096), new Size3(4096, 4096, 4096));
        DataStoreException refused = Assert.Throws<DataStoreException>(() => new NodeCodec(TestVolumes.Of(VoxelType.UInt8, [0], (7, [level]))));
        Assert.Contains("setup 7 level 0", refused.Message, StringComparison.Ordinal);
    }

    private static void AssertInside(VolumeInfo volume, Node node)
    {
        Assert.InRange(node.Setup, 0, volume.Setups.Count - 1);
        Assert.InRange(node.Timepoint, 0, volume.TimepointIds.Count - 1);
        Assert.InRange(node.Level, 0, volume.Setups[node.Setup].Levels.Count - 1);
        Assert.True(volume.Setups[node.Setup].Levels[node.Level].Contains(node.X, node.Y, node.Z));
    }
}
